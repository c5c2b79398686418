complete -c tidegate -s H -l high-water-mark -l hwm -d 'Bound of each buffer, in bytes' -r -f
complete -c tidegate -l read-high-water-mark -d 'That of the reading side alone [default: -H]' -r -f
complete -c tidegate -l write-high-water-mark -d 'That of the writing side alone [default: -H]' -r -f
complete -c tidegate -l low-water-mark -d 'Resume a paused source once the writing side\'s buffer has fallen to this; 0, empty, is the rule of Node.js' -r -f
complete -c tidegate -s c -l chunk-size -d 'The most one read takes' -r -f
complete -c tidegate -l skip -d 'Leave out the first bytes' -r -f
complete -c tidegate -l take -d 'Stop after so many bytes, reading none beyond them' -r -f
complete -c tidegate -s s -l size -d 'Expected size, for percent and ETA; @PATH is the size of that file' -r -f
complete -c tidegate -l expect-size -d 'Exit 3 unless exactly so many were delivered' -r -f
complete -c tidegate -s L -l rate -d 'At most so many bytes a second leave for the sink' -r -f
complete -c tidegate -l burst -d 'Credit for --rate that may build up while nothing leaves [default: none]' -r -f
complete -c tidegate -s t -l transform -d 'Change or examine what passes; -t help tells how' -r -f -a "gzip\t'compresses for gunzip, curl and browsers, as one member'
zstd\t'compresses for unzstd, quickly and well'
xz\t'compresses for unxz, small and slowly'
lz4\t'compresses for unlz4, faster than anything else'
brotli\t'compresses for unbrotli, small for texts'
bzip2\t'compresses for bunzip2, in streams of level × 100 kB'
gunzip\t'undoes gzip; what follows it and is none is told and ignored'
unzstd\t'undoes zstd'
unxz\t'undoes xz'
unlz4\t'undoes lz4, legacy frames too'
unbrotli\t'undoes brotli'
bunzip2\t'undoes bzip2; what follows it and is none is told and ignored'
decompress\t'undoes gzip, zstd, xz, lz4 or bzip2, whichever it is'
sha256\t'SHA-256, as sha256sum prints it'
sha512\t'SHA-512, as sha512sum prints it'
blake3\t'BLAKE3, as b3sum prints it'
md5\t'MD5, as md5sum prints it; only against accidents'
crc32\t'CRC-32 of gzip and zlib, as crc32 and rhash print it; only against accidents'
xxh3\t'XXH3 with 64 bits, as xxhsum -H3 prints it; only against accidents'
lines\t'counts lines, and shows the progress in them'
crlf\t'ends lines with CR LF; a line that does already stays as it is'
lf\t'ends lines with LF where they end with CR LF; a lone CR stays'
base64\t'writes base64, as the tool base64 does'
unbase64\t'reads base64, with or without white space and padding'
hex\t'writes lowercase hexadecimal digits; hex=60 as xxd -p does'
unhex\t'reads hexadecimal digits, with or without white space'
exec\t'passes bytes through a command of the shell; a comma or a colon in it is taken as it stands'
help\t'lists the transforms'"
complete -c tidegate -l digest-file -d 'Write the digests that transforms make to FILE, for `sha256sum -c` and its like' -r -F
complete -c tidegate -l road -d 'How bytes travel' -r -f -a "auto\t'The kernel\'s where both ends allow it, else our own buffers'
buffered\t'Through our own buffers'
kernel\t'Through the kernel\'s buffers alone, or not at all (exit 2)'"
complete -c tidegate -l idle-timeout -d 'Exit 4 when a peer lets nothing move so long' -r -f
complete -c tidegate -s p -l progress -d 'How to show it' -r -f -a "auto\t'A bar on a terminal that can redraw, lines on one that cannot, else nothing'
bar\t'Rows that are redrawn in place; lines where that cannot be done'
short\t'One row that is redrawn in place, as pv has it'
line\t'A line each --interval'
json\t'The records of --stats, and nothing that is no object'
none\t'Nothing'"
complete -c tidegate -l format -d 'A line each --interval that looks like this' -r -f
complete -c tidegate -s N -l name -d 'Call this transfer LABEL in what is shown' -r -f
complete -c tidegate -l stats -d 'Write JSON records to FILE, or to fd:N' -r -F
complete -c tidegate -l trace -d 'Write what happened when to FILE, for Perfetto or the tracing of Chrome' -r -F
complete -c tidegate -s i -l interval -d 'Time between two lines or records, or two drawings of the bar' -r -f
complete -c tidegate -l summary -d 'What it was like, at the end: a line each for its numbers, the verdict, the buffers' -r -f -a "auto\t'With a bar or lines'
always\t'After every transfer that did not fail'
never\t'Not at all'"
complete -c tidegate -l control -d 'Listen at PATH for commands from `--tell`' -r -F
complete -c tidegate -l tell -d 'Tell a running transfer: status, status --json, rate RATE, rate none, pause, resume, or high-water-mark SIZE' -r -F
complete -c tidegate -l timestamps -d 'Begin each line of `-p line`, and each message, with the time'
complete -c tidegate -s v -l verbose -d 'Sum the transfer up, and say which road it took and whom `from` refused'
complete -c tidegate -s q -l quiet -d 'Say only errors, digests and where an end listens'
complete -c tidegate -l explain -d 'Print what would happen, and why, and move nothing'
complete -c tidegate -s h -l help -d 'Print a screen of help (-h), or all of it (--help)'
complete -c tidegate -s V -l version -d 'Print version'

# How a SOURCE or a SINK can start; with a scheme, what may stand behind its '#'.
function __tidegate_table -a side scheme
    switch "$side,$scheme"
        case 'source,'
            printf '%s\t%s\n' 'stdin:' 'standard input, as - is for a SOURCE'
            printf '%s\t%s\n' 'file:' 'a file, FIFO or device; percent-decoded, with options'
            printf '%s\t%s\n' 'tcp://' 'connects; an IPv6 address stands in brackets'
            printf '%s\t%s\n' 'tcp-listen://' 'listens for one peer; port 0 is any free one'
            printf '%s\t%s\n' 'zero:' 'zero bytes'
            printf '%s\t%s\n' 'random:' 'random bytes, not for secrets'
            printf '%s\t%s\n' 'fd:' 'an inherited descriptor, treated as those of - are'
        case 'source,tcp'
            printf '%s\t%s\n' 'nodelay' 'send small data at once (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'how long one attempt may take'
            printf '%s\t%s\n' 'retry=' 'try again so many times, a second apart'
            printf '%s\t%s\n' 'sndbuf=' 'send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this IP address, with :PORT or without; fe80::1%eth0 has a zone'
        case 'source,tcp-listen'
            printf '%s\t%s\n' 'nodelay' 'send small data at once (TCP_NODELAY)'
            printf '%s\t%s\n' 'accept-timeout=' 'how long to wait for the peer'
            printf '%s\t%s\n' 'from=' 'who may connect; others are reset, and the wait goes on'
            printf '%s\t%s\n' 'min-size=' 'fail if less comes (exit 3), and give no file its name'
            printf '%s\t%s\n' 'sndbuf=' 'send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'receive buffer'
        case 'source,zero'
            printf '%s\t%s\n' 'size=' 'end after so many bytes'
        case 'source,random'
            printf '%s\t%s\n' 'size=' 'end after so many bytes'
            printf '%s\t%s\n' 'seed=' 'the same bytes for the same N (xoshiro256++)'
        case 'sink,'
            printf '%s\t%s\n' 'stdout:' 'standard output, as - is for a SINK'
            printf '%s\t%s\n' 'file:' 'a file, FIFO or device; percent-decoded, with options'
            printf '%s\t%s\n' 'tcp://' 'connects; an IPv6 address stands in brackets'
            printf '%s\t%s\n' 'tcp-listen://' 'listens for one peer; port 0 is any free one'
            printf '%s\t%s\n' 'null:' 'discards; rehearses a slow reader'
            printf '%s\t%s\n' 'fd:' 'an inherited descriptor, treated as those of - are'
        case 'sink,file'
            printf '%s\t%s\n' 'append' 'write behind what the file holds'
            printf '%s\t%s\n' 'create' 'make a new file; fail if there is one'
            printf '%s\t%s\n' 'sync' 'have it on the disk before success (fsync)'
            printf '%s\t%s\n' 'atomic' 'write a temporary file beside it, renamed on success'
        case 'sink,tcp'
            printf '%s\t%s\n' 'nodelay' 'send small data at once (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'how long one attempt may take'
            printf '%s\t%s\n' 'close-timeout=' 'how long the peer may take to close after the last byte'
            printf '%s\t%s\n' 'retry=' 'try again so many times, a second apart'
            printf '%s\t%s\n' 'sndbuf=' 'send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this IP address, with :PORT or without; fe80::1%eth0 has a zone'
        case 'sink,tcp-listen'
            printf '%s\t%s\n' 'nodelay' 'send small data at once (TCP_NODELAY)'
            printf '%s\t%s\n' 'accept-timeout=' 'how long to wait for the peer'
            printf '%s\t%s\n' 'from=' 'who may connect; others are reset, and the wait goes on'
            printf '%s\t%s\n' 'close-timeout=' 'how long the peer may take to close after the last byte'
            printf '%s\t%s\n' 'sndbuf=' 'send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'receive buffer'
        case 'sink,null'
            printf '%s\t%s\n' 'rate=' 'take so many bytes a second, 10 ms\' worth at a time'
            printf '%s\t%s\n' 'stall=' 'stop once for D after SIZE bytes'
    end
end

# How many of SOURCE and SINK stand before the cursor.
function __tidegate_position
    set -l takes -H --high-water-mark --hwm --read-high-water-mark --write-high-water-mark --low-water-mark -c --chunk-size --skip --take -s --size --expect-size -L --rate --burst -t --transform --digest-file --road --idle-timeout -p --progress --format -N --name --stats --trace -i --interval --summary --control --tell
    set -l position 0
    set -l skip 0
    set -l literal 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if test $literal = 0; and test "$word" = --
            set literal 1
        else if test $literal = 0; and string match -q -- '--*' $word
            contains -- $word $takes; and set skip 1
        else if test $literal = 0; and string match -q -- '-?*' $word
            # A cluster: the first flag that takes a value takes the rest, or else the next word.
            set -l letters (string split '' -- (string sub -s 2 -- $word))
            for i in (seq (count $letters))
                if contains -- -$letters[$i] $takes
                    test $i = (count $letters); and set skip 1
                    break
                end
            end
        else
            set position (math $position + 1)
        end
    end
    echo $position
end

# Completes a SOURCE or a SINK: __tidegate_end SIDE
function __tidegate_end -a side
    set -l word (commandline -ct | string trim -l -c '"\'')
    if not string match -q -- '*:*#*' $word
        __tidegate_table $side ''
        printf '%s\t%s\n' - 'standard input or output'
        return
    end
    set -l parts (string match -r -- '^([a-z-]+):[^#]*#(?:.*,)?' $word)
    set -l given (string split , -- (string replace -r -- '^[^#]*#' '' $parts[1]))
    for line in (__tidegate_table $side $parts[2])
        set -l name (string match -r -- '^[a-z-]+' $line)
        # What was given already is not given twice.
        string match -qr -- "^$name(=|\$)" $given; or echo $parts[1]$line
    end
end

complete -c tidegate -n 'test (__tidegate_position) = 0' -a '(__tidegate_end source)'
complete -c tidegate -n 'test (__tidegate_position) = 1' -a '(__tidegate_end sink)'
complete -c tidegate -n 'test (__tidegate_position) -gt 1' -f
