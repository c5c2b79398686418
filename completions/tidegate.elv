
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
            cand -H 'The most that each buffer may hold'
            cand -B 'The most that each buffer may hold'
            cand --high-water-mark 'The most that each buffer may hold'
            cand --buffer 'The most that each buffer may hold'
            cand --hwm 'The most that each buffer may hold'
            cand --read-high-water-mark 'The same for the buffer on the reading side alone [default: -H]'
            cand --write-high-water-mark 'The same for the buffer on the writing side alone [default: -H]'
            cand --low-water-mark 'When the buffer on the writing side was full, read on once it has fallen to SIZE; 0 waits until it is empty'
            cand -c 'Read at most SIZE bytes at a time'
            cand --chunk-size 'Read at most SIZE bytes at a time'
            cand --skip 'Leave out the first SIZE bytes of SOURCE'
            cand --take 'Copy only the first SIZE bytes, and read no more'
            cand -s 'Show percent and time left of SIZE, or PATH''s size'
            cand --size 'Show percent and time left of SIZE, or PATH''s size'
            cand --expect-size 'Fail (exit 3) unless exactly SIZE bytes arrive'
            cand --error-block 'With --skip-errors, give up SIZE bytes at a time'
            cand -L 'Move at most RATE bytes a second'
            cand --rate 'Move at most RATE bytes a second'
            cand --burst 'After a wait, let up to SIZE bytes pass faster than --rate [default: none]'
            cand --tee 'Send the same bytes to SINK too'
            cand -t 'Compress, checksum, convert; -t help lists all'
            cand --transform 'Compress, checksum, convert; -t help lists all'
            cand --digest-file 'Write the checksums that -t makes to FILE, as `sha256sum -c` reads them'
            cand --road 'Who moves the bytes, the kernel or tidegate itself'
            cand --proxy 'Connect by the proxy URL: socks5h://, socks5://, http://'
            cand --idle-timeout 'Give up (exit 4) when no data moves for D'
            cand -p 'Show progress'
            cand --progress 'Show progress'
            cand --format 'Print a line of this form each --interval, such as `{percent} {rate:h}`'
            cand -N 'Call the transfer LABEL on the screen'
            cand --name 'Call the transfer LABEL on the screen'
            cand --stats 'Write progress to FILE (or fd:N) as JSON lines'
            cand --trace 'At the end, write a timeline of the transfer to FILE, to open in Perfetto'
            cand --plot 'At the end, draw a chart into FILE (.svg, .html)'
            cand -i 'Time between two lines, records or updates of the live display'
            cand --interval 'Time between two lines, records or updates of the live display'
            cand --summary 'Whether to sum the transfer up at its end'
            cand --control 'Listen at PATH for commands from `--tell`'
            cand --tell 'Tell a running transfer: status, status --json, rate RATE, rate none, pause, resume, or high-water-mark SIZE'
            cand --generate 'Print a man page, or a completion script for a shell'
            cand --resume 'Go on where the SINK file ends; see tidegate-endpoints(7)'
            cand -E 'Put zeros where a file or a device cannot be read, and go on'
            cand --skip-errors 'Put zeros where a file or a device cannot be read, and go on'
            cand --fail-fast 'With --tee, end all as soon as one SINK has failed'
            cand --duplex 'Connect two ends, A and B, in both directions'
            cand --timestamps 'Begin each line of `-p line`, and each message, with the time'
            cand -v 'Print a longer summary, and refused connections'
            cand --verbose 'Print a longer summary, and refused connections'
            cand -q 'Print only errors, digests and ''listening on'''
            cand --quiet 'Print only errors, digests and ''listening on'''
            cand --explain 'Print what would happen and why, and do nothing'
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
    ['stdin:' 'standard input, the same as -']
    ['file:' 'a file, FIFO or device, with options; write % as %25 and # as %23']
    ['tcp://' 'connects to HOST; write an IPv6 address in brackets']
    ['tcp-listen://' 'waits for one connection; port 0 takes any free port']
    ['tls://' 'connects to HOST by TLS, and checks who that is']
    ['tls-listen://' 'waits for one connection by TLS']
    ['http://' 'GETs from a web server, or PUTs to it']
    ['https://' 'the same by TLS, which checks who the server is']
    ['unix:' 'connects to a unix socket, PATH or @NAME (abstract)']
    ['unix-listen:' 'waits for one connection on a unix socket']
    ['zero:' 'zero bytes without end, as /dev/zero']
    ['random:' 'random bytes for tests, not for secrets']
    ['fd:' 'descriptor N that the shell has opened, as by 3>file']
    ['exec:' 'the output or the input of COMMAND, run by sh -c']
  ]
  &source,tcp=[
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['connect-timeout=' 'give up an attempt to connect after D']
    ['retry=' 'try up to N times more, a second apart']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0']
  ]
  &source,tcp-listen=[
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['accept-timeout=' 'give up if nobody connects within D']
    ['from=' 'let only this address or network connect']
    ['min-size=' 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
  ]
  &source,tls=[
    ['ca=' 'trust what these authorities have signed, and the certificates in the file themselves']
    ['pin=' 'trust the certificate with this digest, and nothing else']
    ['verify=' 'trust any certificate: whoever is on the way can read and change everything']
    ['name=' 'the name that the certificate has to be for']
    ['cert=' 'the certificate to show, in PEM, with those that it depends on']
    ['key=' 'its private key, in PEM; without this it is in the file of cert']
    ['alpn=' 'the protocol to agree on (ALPN)']
    ['eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does']
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['connect-timeout=' 'give up an attempt to connect after D']
    ['retry=' 'try up to N times more, a second apart']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0']
  ]
  &source,tls-listen=[
    ['cert=' 'the certificate to show, in PEM, with those that it depends on']
    ['key=' 'its private key, in PEM; without this it is in the file of cert']
    ['client-ca=' 'let only clients connect whose certificate is in FILE, or signed by one there']
    ['alpn=' 'the protocol to agree on (ALPN)']
    ['eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does']
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['accept-timeout=' 'give up if nobody connects within D']
    ['from=' 'let only this address or network connect']
    ['min-size=' 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
  ]
  &source,http=[
    ['header=' 'send this header field too']
    ['header-file=' 'send the fields in FILE, one a line: secrets are not seen by others there']
    ['redirects=' 'follow up to N redirects']
    ['retry=' 'go on after a cut, up to N times in a row without a new byte']
    ['retry-wait=' 'wait D before each of these tries']
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['connect-timeout=' 'give up an attempt to connect after D']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0']
  ]
  &source,https=[
    ['header=' 'send this header field too']
    ['header-file=' 'send the fields in FILE, one a line: secrets are not seen by others there']
    ['redirects=' 'follow up to N redirects']
    ['retry=' 'go on after a cut, up to N times in a row without a new byte']
    ['retry-wait=' 'wait D before each of these tries']
    ['ca=' 'trust what these authorities have signed, and the certificates in the file themselves']
    ['pin=' 'trust the certificate with this digest, and nothing else']
    ['verify=' 'trust any certificate: whoever is on the way can read and change everything']
    ['name=' 'the name that the certificate has to be for']
    ['cert=' 'the certificate to show, in PEM, with those that it depends on']
    ['key=' 'its private key, in PEM; without this it is in the file of cert']
    ['alpn=' 'the protocol to agree on (ALPN)']
    ['eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does']
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['connect-timeout=' 'give up an attempt to connect after D']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0']
  ]
  &source,unix=[
    ['retry=' 'try up to N times more, a second apart']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
  ]
  &source,unix-listen=[
    ['mode=' 'who may connect: 0600 only you, 0660 your group too, 0666 everybody']
    ['accept-timeout=' 'give up if nobody connects within D']
    ['min-size=' 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
  ]
  &source,zero=[
    ['size=' 'stop after SIZE bytes']
  ]
  &source,random=[
    ['size=' 'stop after SIZE bytes']
    ['seed=' 'make the same bytes each time for the same N (xoshiro256++)']
  ]
  &sink,=[
    ['stdout:' 'standard output, the same as -']
    ['file:' 'a file, FIFO or device, with options; write % as %25 and # as %23']
    ['tcp://' 'connects to HOST; write an IPv6 address in brackets']
    ['tcp-listen://' 'waits for one connection; port 0 takes any free port']
    ['tls://' 'connects to HOST by TLS, and checks who that is']
    ['tls-listen://' 'waits for one connection by TLS']
    ['http://' 'GETs from a web server, or PUTs to it']
    ['https://' 'the same by TLS, which checks who the server is']
    ['unix:' 'connects to a unix socket, PATH or @NAME (abstract)']
    ['unix-listen:' 'waits for one connection on a unix socket']
    ['null:' 'discards bytes, or plays a slow reader']
    ['fd:' 'descriptor N that the shell has opened, as by 3>file']
    ['exec:' 'the output or the input of COMMAND, run by sh -c']
  ]
  &sink,stdout=[
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,file=[
    ['append' 'add to the end of the file']
    ['create' 'make a new file; fail if it exists']
    ['sync' 'succeed only once it is on the disk (fsync)']
    ['atomic' 'write a temporary file, and rename it to PATH on success']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,tcp=[
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['connect-timeout=' 'give up an attempt to connect after D']
    ['close-timeout=' 'after the last byte, wait up to D for the peer to close']
    ['retry=' 'try up to N times more, a second apart']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,tcp-listen=[
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['accept-timeout=' 'give up if nobody connects within D']
    ['from=' 'let only this address or network connect']
    ['close-timeout=' 'after the last byte, wait up to D for the peer to close']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,tls=[
    ['ca=' 'trust what these authorities have signed, and the certificates in the file themselves']
    ['pin=' 'trust the certificate with this digest, and nothing else']
    ['verify=' 'trust any certificate: whoever is on the way can read and change everything']
    ['name=' 'the name that the certificate has to be for']
    ['cert=' 'the certificate to show, in PEM, with those that it depends on']
    ['key=' 'its private key, in PEM; without this it is in the file of cert']
    ['alpn=' 'the protocol to agree on (ALPN)']
    ['eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does']
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['connect-timeout=' 'give up an attempt to connect after D']
    ['close-timeout=' 'after the last byte, wait up to D for the peer to close']
    ['retry=' 'try up to N times more, a second apart']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,tls-listen=[
    ['cert=' 'the certificate to show, in PEM, with those that it depends on']
    ['key=' 'its private key, in PEM; without this it is in the file of cert']
    ['client-ca=' 'let only clients connect whose certificate is in FILE, or signed by one there']
    ['alpn=' 'the protocol to agree on (ALPN)']
    ['eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does']
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['accept-timeout=' 'give up if nobody connects within D']
    ['from=' 'let only this address or network connect']
    ['close-timeout=' 'after the last byte, wait up to D for the peer to close']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,http=[
    ['header=' 'send this header field too']
    ['header-file=' 'send the fields in FILE, one a line: secrets are not seen by others there']
    ['method=' 'how the bytes are sent']
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['connect-timeout=' 'give up an attempt to connect after D']
    ['close-timeout=' 'after the answer, wait up to D for the connection to end']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,https=[
    ['header=' 'send this header field too']
    ['header-file=' 'send the fields in FILE, one a line: secrets are not seen by others there']
    ['method=' 'how the bytes are sent']
    ['ca=' 'trust what these authorities have signed, and the certificates in the file themselves']
    ['pin=' 'trust the certificate with this digest, and nothing else']
    ['verify=' 'trust any certificate: whoever is on the way can read and change everything']
    ['name=' 'the name that the certificate has to be for']
    ['cert=' 'the certificate to show, in PEM, with those that it depends on']
    ['key=' 'its private key, in PEM; without this it is in the file of cert']
    ['alpn=' 'the protocol to agree on (ALPN)']
    ['eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does']
    ['nodelay' 'send small pieces without delay (TCP_NODELAY)']
    ['connect-timeout=' 'give up an attempt to connect after D']
    ['close-timeout=' 'after the answer, wait up to D for the connection to end']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,unix=[
    ['close-timeout=' 'after the last byte, wait up to D for the peer to close']
    ['retry=' 'try up to N times more, a second apart']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,unix-listen=[
    ['mode=' 'who may connect: 0600 only you, 0660 your group too, 0666 everybody']
    ['accept-timeout=' 'give up if nobody connects within D']
    ['close-timeout=' 'after the last byte, wait up to D for the peer to close']
    ['sndbuf=' 'size of the socket''s send buffer']
    ['rcvbuf=' 'size of the socket''s receive buffer']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,null=[
    ['rate=' 'take at most SIZE bytes a second']
    ['stall=' 'take SIZE bytes, then nothing for D, then the rest']
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,fd=[
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
  &sink,exec=[
    ['mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark']
    ['slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up']
    ['patience=' 'with slow=detach, how long it may hold them up, 5s unless given']
  ]
]
var tidegate-values = [
  &-t=[gzip zstd xz lz4 brotli bzip2 gunzip unzstd unxz unlz4 unbrotli bunzip2 decompress sha256 sha512 blake3 md5 crc32 xxh3 lines crlf lf base64 unbase64 hex unhex exec help]
  &--transform=[gzip zstd xz lz4 brotli bzip2 gunzip unzstd unxz unlz4 unbrotli bunzip2 decompress sha256 sha512 blake3 md5 crc32 xxh3 lines crlf lf base64 unbase64 hex unhex exec help]
  &--road=[auto buffered kernel]
  &--proxy=[socks5h:// socks5:// http:// none]
  &-p=[auto bar short line json none]
  &--progress=[auto bar short line json none]
  &--summary=[auto always never]
  &--generate=[man man-endpoints bash zsh fish elvish powershell]
]
var tidegate-files = [--digest-file --stats --trace --plot --control --tell]

var tidegate-takes = [-H -B --high-water-mark --buffer --hwm --read-high-water-mark --write-high-water-mark --low-water-mark -c --chunk-size --skip --take -s --size --expect-size --error-block -L --rate --burst --tee -t --transform --digest-file --road --proxy --idle-timeout -p --progress --format -N --name --stats --trace --plot -i --interval --summary --control --tell --generate]
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
  } elif (eq $before '--tee') {
    tidegate-end sink $word
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
