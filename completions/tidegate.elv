
use builtin;
use str;

set edit:completion:arg-completer[tidegate] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'tidegate'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'tidegate'= {
            cand -H 'Bound of each buffer, in bytes'
            cand --high-water-mark 'Bound of each buffer, in bytes'
            cand --hwm 'Bound of each buffer, in bytes'
            cand --read-high-water-mark 'That of the reading side alone [default: -H]'
            cand --write-high-water-mark 'That of the writing side alone [default: -H]'
            cand --low-water-mark 'Resume a paused source once the writing side''s buffer has fallen to this; 0, empty, is the rule of Node.js'
            cand -c 'The most one read takes'
            cand --chunk-size 'The most one read takes'
            cand --skip 'Leave out the first bytes'
            cand --take 'Stop after so many bytes, reading none beyond them'
            cand -s 'Expected size, for percent and ETA; @PATH is the size of that file'
            cand --size 'Expected size, for percent and ETA; @PATH is the size of that file'
            cand --expect-size 'Exit 3 unless exactly so many were delivered'
            cand -L 'At most so many bytes a second leave for the sink'
            cand --rate 'At most so many bytes a second leave for the sink'
            cand --burst 'Credit for --rate that may build up while nothing leaves [default: none]'
            cand -t 'Change or examine what passes; -t help tells how'
            cand --transform 'Change or examine what passes; -t help tells how'
            cand --digest-file 'Write the digests that transforms make to FILE, for `sha256sum -c` and its like'
            cand --road 'How bytes travel'
            cand --idle-timeout 'Exit 4 when a peer lets nothing move so long'
            cand -p 'How to show it'
            cand --progress 'How to show it'
            cand --format 'A line each --interval that looks like this'
            cand -N 'Call this transfer LABEL in what is shown'
            cand --name 'Call this transfer LABEL in what is shown'
            cand --stats 'Write JSON records to FILE, or to fd:N'
            cand --trace 'Write what happened when to FILE, for Perfetto or the tracing of Chrome'
            cand -i 'Time between two lines or records, or two drawings of the bar'
            cand --interval 'Time between two lines or records, or two drawings of the bar'
            cand --summary 'What it was like, at the end: a line each for its numbers, the verdict, the buffers'
            cand --control 'Listen at PATH for commands from `--tell`'
            cand --tell 'Tell a running transfer: status, status --json, rate RATE, rate none, pause, resume, or high-water-mark SIZE'
            cand --timestamps 'Begin each line of `-p line`, and each message, with the time'
            cand -v 'Sum the transfer up, and say which road it took and whom `from` refused'
            cand --verbose 'Sum the transfer up, and say which road it took and whom `from` refused'
            cand -q 'Say only errors, digests and where an end listens'
            cand --quiet 'Say only errors, digests and where an end listens'
            cand --explain 'Print what would happen, and why, and move nothing'
            cand -h 'Print a screen of help (-h), or all of it (--help)'
            cand --help 'Print a screen of help (-h), or all of it (--help)'
            cand -V 'Print version'
            cand --version 'Print version'
        }
    ]
    $completions[$command]
}

var tidegate-table = [
  &source,=[
    ['stdin:' 'standard input, as - is for a SOURCE']
    ['file:' 'a file, FIFO or device; percent-decoded, with options']
    ['tcp://' 'connects; an IPv6 address stands in brackets']
    ['tcp-listen://' 'listens for one peer; port 0 is any free one']
    ['zero:' 'zero bytes']
    ['random:' 'random bytes, not for secrets']
    ['fd:' 'an inherited descriptor, treated as those of - are']
  ]
  &source,tcp=[
    ['nodelay' 'send small data at once (TCP_NODELAY)']
    ['connect-timeout=' 'how long one attempt may take']
    ['retry=' 'try again so many times, a second apart']
    ['sndbuf=' 'send buffer']
    ['rcvbuf=' 'receive buffer']
    ['bind=' 'connect from this IP address, with :PORT or without; fe80::1%eth0 has a zone']
  ]
  &source,tcp-listen=[
    ['nodelay' 'send small data at once (TCP_NODELAY)']
    ['accept-timeout=' 'how long to wait for the peer']
    ['from=' 'who may connect; others are reset, and the wait goes on']
    ['min-size=' 'fail if less comes (exit 3), and give no file its name']
    ['sndbuf=' 'send buffer']
    ['rcvbuf=' 'receive buffer']
  ]
  &source,zero=[
    ['size=' 'end after so many bytes']
  ]
  &source,random=[
    ['size=' 'end after so many bytes']
    ['seed=' 'the same bytes for the same N (xoshiro256++)']
  ]
  &sink,=[
    ['stdout:' 'standard output, as - is for a SINK']
    ['file:' 'a file, FIFO or device; percent-decoded, with options']
    ['tcp://' 'connects; an IPv6 address stands in brackets']
    ['tcp-listen://' 'listens for one peer; port 0 is any free one']
    ['null:' 'discards; rehearses a slow reader']
    ['fd:' 'an inherited descriptor, treated as those of - are']
  ]
  &sink,file=[
    ['append' 'write behind what the file holds']
    ['create' 'make a new file; fail if there is one']
    ['sync' 'have it on the disk before success (fsync)']
    ['atomic' 'write a temporary file beside it, renamed on success']
  ]
  &sink,tcp=[
    ['nodelay' 'send small data at once (TCP_NODELAY)']
    ['connect-timeout=' 'how long one attempt may take']
    ['close-timeout=' 'how long the peer may take to close after the last byte']
    ['retry=' 'try again so many times, a second apart']
    ['sndbuf=' 'send buffer']
    ['rcvbuf=' 'receive buffer']
    ['bind=' 'connect from this IP address, with :PORT or without; fe80::1%eth0 has a zone']
  ]
  &sink,tcp-listen=[
    ['nodelay' 'send small data at once (TCP_NODELAY)']
    ['accept-timeout=' 'how long to wait for the peer']
    ['from=' 'who may connect; others are reset, and the wait goes on']
    ['close-timeout=' 'how long the peer may take to close after the last byte']
    ['sndbuf=' 'send buffer']
    ['rcvbuf=' 'receive buffer']
  ]
  &sink,null=[
    ['rate=' 'take so many bytes a second, 10 ms'' worth at a time']
    ['stall=' 'stop once for D after SIZE bytes']
  ]
]
var tidegate-values = [
  &-t=[gzip zstd xz lz4 brotli bzip2 gunzip unzstd unxz unlz4 unbrotli bunzip2 decompress sha256 sha512 blake3 md5 crc32 xxh3 lines crlf lf base64 unbase64 hex unhex exec help]
  &--transform=[gzip zstd xz lz4 brotli bzip2 gunzip unzstd unxz unlz4 unbrotli bunzip2 decompress sha256 sha512 blake3 md5 crc32 xxh3 lines crlf lf base64 unbase64 hex unhex exec help]
  &--road=[auto buffered kernel]
  &-p=[auto bar short line json none]
  &--progress=[auto bar short line json none]
  &--summary=[auto always never]
]
var tidegate-files = [--digest-file --stats --trace --control --tell]

var tidegate-takes = [-H --high-water-mark --hwm --read-high-water-mark --write-high-water-mark --low-water-mark -c --chunk-size --skip --take -s --size --expect-size -L --rate --burst -t --transform --digest-file --road --idle-timeout -p --progress --format -N --name --stats --trace -i --interval --summary --control --tell]
var tidegate-flags~ = $edit:completion:arg-completer[tidegate]

# Puts words and their help, behind what is typed already.
fn tidegate-offer {|before words|
  each {|it|
    edit:complex-candidate $before$it[0] &display=$it[0]'  '$it[1]
  } $words
}

# Completes a SOURCE or a SINK.
fn tidegate-end {|side word|
  if (and (str:contains $word ':') (str:contains $word '#')) {
    var at = (+ 1 (str:last-index $word '#'))
    if (str:contains $word[$at..] ',') {
      set at = (+ 1 (str:last-index $word ','))
    }
    var key = $side','$word[..(str:index $word ':')]
    if (has-key $tidegate-table $key) {
      tidegate-offer $word[..$at] $tidegate-table[$key]
    }
  } elif (str:has-prefix $word 'file:') {
    edit:complete-filename $word[5..] | each {|it|
      edit:complex-candidate 'file:'$it[stem] &display=$it[stem]
    }
  } else {
    tidegate-offer '' $tidegate-table[$side',']
    edit:complete-filename $word
  }
}

# How many of SOURCE and SINK are among these words.
fn tidegate-position {|words|
  var position = (num 0)
  var skip = $false
  var literal = $false
  for word $words {
    if $skip {
      set skip = $false
    } elif (and (not $literal) (eq $word '--')) {
      set literal = $true
    } elif (and (not $literal) (not-eq $word '-') (str:has-prefix $word '-')) {
      set skip = (has-value $tidegate-takes $word)
    } else {
      set position = (+ $position 1)
    }
  }
  put $position
}

set edit:completion:arg-completer[tidegate] = {|@words|
  var word = $words[-1]
  var before = $words[-2]
  if (has-key $tidegate-values $before) {
    all $tidegate-values[$before]
  } elif (has-value $tidegate-files $before) {
    edit:complete-filename $word
  } elif (has-value $tidegate-takes $before) {
    nop
  } elif (str:has-prefix $word '-') {
    tidegate-flags tidegate $word
  } else {
    var position = (tidegate-position $words[1..-1])
    if (== $position 0) {
      tidegate-end source $word
    } elif (== $position 1) {
      tidegate-end sink $word
    }
  }
}
