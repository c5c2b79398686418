complete -c tidegate -s H -s B -l high-water-mark -l buffer -l hwm -d 'The most that each buffer may hold' -r -f
complete -c tidegate -l read-high-water-mark -d 'The same for the buffer on the reading side alone [default: -H]' -r -f
complete -c tidegate -l write-high-water-mark -d 'The same for the buffer on the writing side alone [default: -H]' -r -f
complete -c tidegate -l low-water-mark -d 'When the buffer on the writing side was full, read on once it has fallen to SIZE; 0 waits until it is empty' -r -f
complete -c tidegate -s c -l chunk-size -d 'Read at most SIZE bytes at a time' -r -f
complete -c tidegate -l skip -d 'Leave out the first SIZE bytes of SOURCE' -r -f
complete -c tidegate -l take -d 'Copy only the first SIZE bytes, and read no more' -r -f
complete -c tidegate -s s -l size -d 'Show percent and time left of SIZE, or PATH\'s size' -r -f
complete -c tidegate -l expect-size -d 'Fail (exit 3) unless exactly SIZE bytes arrive' -r -f
complete -c tidegate -l error-block -d 'With --skip-errors, give up SIZE bytes at a time' -r -f
complete -c tidegate -s L -l rate -d 'Move at most RATE bytes a second' -r -f
complete -c tidegate -l burst -d 'After a wait, let up to SIZE bytes pass faster than --rate [default: none]' -r -f
complete -c tidegate -l tee -d 'Send the same bytes to SINK too' -r -F
complete -c tidegate -s t -l transform -d 'Compress, checksum, convert; -t help lists all' -r -f -a "gzip\t'compresses as gzip does, for gunzip, curl and browsers'
zstd\t'compresses as zstd does: fast, and smaller than gzip'
xz\t'compresses as xz does: very small, but slow'
lz4\t'compresses as lz4 does: the fastest, but not very small'
brotli\t'compresses as brotli does; good for text'
bzip2\t'compresses as bzip2 does'
gunzip\t'decompresses gzip; other data behind it is ignored with a warning'
unzstd\t'decompresses zstd'
unxz\t'decompresses xz'
unlz4\t'decompresses lz4, legacy frames too'
unbrotli\t'decompresses brotli'
bunzip2\t'decompresses bzip2; other data behind it is ignored with a warning'
decompress\t'decompresses gzip, zstd, xz, lz4 or bzip2, whichever comes'
sha256\t'SHA-256, as sha256sum prints it'
sha512\t'SHA-512, as sha512sum prints it'
blake3\t'BLAKE3, as b3sum prints it'
md5\t'MD5, as md5sum prints it; detects accidents, not attacks'
crc32\t'CRC-32 of gzip and zlib, as crc32 and rhash print it; detects accidents, not attacks'
xxh3\t'XXH3 with 64 bits, as xxhsum -H3 prints it; detects accidents, not attacks'
lines\t'counts lines, and shows how many have passed'
crlf\t'turns line ends into CR LF, as on Windows; those that are CR LF stay'
lf\t'turns line ends from CR LF into LF; a CR alone stays'
base64\t'encodes as base64, like the tool base64'
unbase64\t'decodes base64; white space and padding may be there or not'
hex\t'encodes as hexadecimal digits; hex=60 is the format of xxd -p'
unhex\t'decodes hexadecimal digits; there may be white space'
exec\t'passes the bytes through a shell command, which may contain commas and colons'
help\t'lists the transforms'"
complete -c tidegate -l digest-file -d 'Write the checksums that -t makes to FILE, as `sha256sum -c` reads them' -r -F
complete -c tidegate -l road -d 'Who moves the bytes, the kernel or tidegate itself' -r -f -a "auto\t'The kernel where both ends allow it, else tidegate'
buffered\t'tidegate, through its own buffers'
kernel\t'The kernel; fail (exit 2) where it cannot'"
complete -c tidegate -l proxy -d 'Connect by the proxy URL: socks5h://, socks5://, http://' -r -f -a "socks5h://\t''
socks5://\t''
http://\t''
none\t''"
complete -c tidegate -l idle-timeout -d 'Give up (exit 4) when no data moves for D' -r -f
complete -c tidegate -s p -l progress -d 'Show progress' -r -f -a "auto\t'A live display on a terminal, nothing elsewhere'
bar\t'A live display; lines where nothing can be redrawn'
short\t'One row that is redrawn in place, as pv has it'
line\t'One line each --interval'
json\t'JSON lines as --stats writes them, and nothing else'
none\t'Nothing'"
complete -c tidegate -l format -d 'Print a line of this form each --interval, such as `{percent} {rate:h}`' -r -f
complete -c tidegate -s N -l name -d 'Call the transfer LABEL on the screen' -r -f
complete -c tidegate -l stats -d 'Write progress to FILE (or fd:N) as JSON lines' -r -F
complete -c tidegate -l trace -d 'At the end, write a timeline of the transfer to FILE, to open in Perfetto' -r -F
complete -c tidegate -l plot -d 'At the end, draw a chart into FILE (.svg, .html)' -r -F
complete -c tidegate -s i -l interval -d 'Time between two lines, records or updates of the live display' -r -f
complete -c tidegate -l summary -d 'Whether to sum the transfer up at its end' -r -f -a "auto\t'If progress was shown'
always\t'After every transfer that did not fail'
never\t'Never'"
complete -c tidegate -l control -d 'Listen at PATH for commands from `--tell`' -r -F
complete -c tidegate -l tell -d 'Tell a running transfer: status, status --json, rate RATE, rate none, pause, resume, or high-water-mark SIZE' -r -F
complete -c tidegate -l generate -d 'Print a man page, or a completion script for a shell' -r -f -a "man\t'The man page'
man-endpoints\t'The man page of endpoints and their options'
bash\t'Completion for bash'
zsh\t'Completion for zsh'
fish\t'Completion for fish'
elvish\t'Completion for elvish'
powershell\t'Completion for PowerShell'"
complete -c tidegate -l resume -d 'Go on where the SINK file ends; see tidegate-endpoints(7)'
complete -c tidegate -s E -l skip-errors -d 'Put zeros where a file or a device cannot be read, and go on'
complete -c tidegate -l fail-fast -d 'With --tee, end all as soon as one SINK has failed'
complete -c tidegate -l duplex -d 'Connect two ends, A and B, in both directions'
complete -c tidegate -l timestamps -d 'Begin each line of `-p line`, and each message, with the time'
complete -c tidegate -s v -l verbose -d 'Print a longer summary, and refused connections'
complete -c tidegate -s q -l quiet -d 'Print only errors, digests and \'listening on\''
complete -c tidegate -l explain -d 'Print what would happen and why, and do nothing'
complete -c tidegate -s h -l help -d 'Print a screen of help (-h), or all of it (--help)'
complete -c tidegate -s V -l version -d 'Print version'

# How a SOURCE or a SINK can start; with a scheme, what may stand behind its '#'.
function __tidegate_table -a side scheme
    switch "$side,$scheme"
        case 'source,'
            printf '%s\t%s\n' 'stdin:' 'standard input, the same as -'
            printf '%s\t%s\n' 'file:' 'a file, FIFO or device, with options; write % as %25 and # as %23'
            printf '%s\t%s\n' 'tcp://' 'connects to HOST; write an IPv6 address in brackets'
            printf '%s\t%s\n' 'tcp-listen://' 'waits for one connection; port 0 takes any free port'
            printf '%s\t%s\n' 'tls://' 'connects to HOST by TLS, and checks who that is'
            printf '%s\t%s\n' 'tls-listen://' 'waits for one connection by TLS'
            printf '%s\t%s\n' 'http://' 'GETs from a web server, or PUTs to it'
            printf '%s\t%s\n' 'https://' 'the same by TLS, which checks who the server is'
            printf '%s\t%s\n' 'unix:' 'connects to a unix socket, PATH or @NAME (abstract)'
            printf '%s\t%s\n' 'unix-listen:' 'waits for one connection on a unix socket'
            printf '%s\t%s\n' 'zero:' 'zero bytes without end, as /dev/zero'
            printf '%s\t%s\n' 'random:' 'random bytes for tests, not for secrets'
            printf '%s\t%s\n' 'fd:' 'descriptor N that the shell has opened, as by 3>file'
            printf '%s\t%s\n' 'exec:' 'the output or the input of COMMAND, run by sh -c'
        case 'source,tcp'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'give up an attempt to connect after D'
            printf '%s\t%s\n' 'retry=' 'try up to N times more, a second apart'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
        case 'source,tcp-listen'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'accept-timeout=' 'give up if nobody connects within D'
            printf '%s\t%s\n' 'from=' 'let only this address or network connect'
            printf '%s\t%s\n' 'min-size=' 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
        case 'source,tls'
            printf '%s\t%s\n' 'ca=' 'trust what these authorities have signed, and the certificates in the file themselves'
            printf '%s\t%s\n' 'pin=' 'trust the certificate with this digest, and nothing else'
            printf '%s\t%s\n' 'verify=' 'trust any certificate: whoever is on the way can read and change everything'
            printf '%s\t%s\n' 'name=' 'the name that the certificate has to be for'
            printf '%s\t%s\n' 'cert=' 'the certificate to show, in PEM, with those that it depends on'
            printf '%s\t%s\n' 'key=' 'its private key, in PEM; without this it is in the file of cert'
            printf '%s\t%s\n' 'alpn=' 'the protocol to agree on (ALPN)'
            printf '%s\t%s\n' 'eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'give up an attempt to connect after D'
            printf '%s\t%s\n' 'retry=' 'try up to N times more, a second apart'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
        case 'source,tls-listen'
            printf '%s\t%s\n' 'cert=' 'the certificate to show, in PEM, with those that it depends on'
            printf '%s\t%s\n' 'key=' 'its private key, in PEM; without this it is in the file of cert'
            printf '%s\t%s\n' 'client-ca=' 'let only clients connect whose certificate is in FILE, or signed by one there'
            printf '%s\t%s\n' 'alpn=' 'the protocol to agree on (ALPN)'
            printf '%s\t%s\n' 'eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'accept-timeout=' 'give up if nobody connects within D'
            printf '%s\t%s\n' 'from=' 'let only this address or network connect'
            printf '%s\t%s\n' 'min-size=' 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
        case 'source,http'
            printf '%s\t%s\n' 'header=' 'send this header field too'
            printf '%s\t%s\n' 'header-file=' 'send the fields in FILE, one a line: secrets are not seen by others there'
            printf '%s\t%s\n' 'redirects=' 'follow up to N redirects'
            printf '%s\t%s\n' 'retry=' 'go on after a cut, up to N times in a row without a new byte'
            printf '%s\t%s\n' 'retry-wait=' 'wait D before each of these tries'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'give up an attempt to connect after D'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
        case 'source,https'
            printf '%s\t%s\n' 'header=' 'send this header field too'
            printf '%s\t%s\n' 'header-file=' 'send the fields in FILE, one a line: secrets are not seen by others there'
            printf '%s\t%s\n' 'redirects=' 'follow up to N redirects'
            printf '%s\t%s\n' 'retry=' 'go on after a cut, up to N times in a row without a new byte'
            printf '%s\t%s\n' 'retry-wait=' 'wait D before each of these tries'
            printf '%s\t%s\n' 'ca=' 'trust what these authorities have signed, and the certificates in the file themselves'
            printf '%s\t%s\n' 'pin=' 'trust the certificate with this digest, and nothing else'
            printf '%s\t%s\n' 'verify=' 'trust any certificate: whoever is on the way can read and change everything'
            printf '%s\t%s\n' 'name=' 'the name that the certificate has to be for'
            printf '%s\t%s\n' 'cert=' 'the certificate to show, in PEM, with those that it depends on'
            printf '%s\t%s\n' 'key=' 'its private key, in PEM; without this it is in the file of cert'
            printf '%s\t%s\n' 'alpn=' 'the protocol to agree on (ALPN)'
            printf '%s\t%s\n' 'eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'give up an attempt to connect after D'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
        case 'source,unix'
            printf '%s\t%s\n' 'retry=' 'try up to N times more, a second apart'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
        case 'source,unix-listen'
            printf '%s\t%s\n' 'mode=' 'who may connect: 0600 only you, 0660 your group too, 0666 everybody'
            printf '%s\t%s\n' 'accept-timeout=' 'give up if nobody connects within D'
            printf '%s\t%s\n' 'min-size=' 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
        case 'source,zero'
            printf '%s\t%s\n' 'size=' 'stop after SIZE bytes'
        case 'source,random'
            printf '%s\t%s\n' 'size=' 'stop after SIZE bytes'
            printf '%s\t%s\n' 'seed=' 'make the same bytes each time for the same N (xoshiro256++)'
        case 'sink,'
            printf '%s\t%s\n' 'stdout:' 'standard output, the same as -'
            printf '%s\t%s\n' 'file:' 'a file, FIFO or device, with options; write % as %25 and # as %23'
            printf '%s\t%s\n' 'tcp://' 'connects to HOST; write an IPv6 address in brackets'
            printf '%s\t%s\n' 'tcp-listen://' 'waits for one connection; port 0 takes any free port'
            printf '%s\t%s\n' 'tls://' 'connects to HOST by TLS, and checks who that is'
            printf '%s\t%s\n' 'tls-listen://' 'waits for one connection by TLS'
            printf '%s\t%s\n' 'http://' 'GETs from a web server, or PUTs to it'
            printf '%s\t%s\n' 'https://' 'the same by TLS, which checks who the server is'
            printf '%s\t%s\n' 'unix:' 'connects to a unix socket, PATH or @NAME (abstract)'
            printf '%s\t%s\n' 'unix-listen:' 'waits for one connection on a unix socket'
            printf '%s\t%s\n' 'null:' 'discards bytes, or plays a slow reader'
            printf '%s\t%s\n' 'fd:' 'descriptor N that the shell has opened, as by 3>file'
            printf '%s\t%s\n' 'exec:' 'the output or the input of COMMAND, run by sh -c'
        case 'sink,stdout'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,file'
            printf '%s\t%s\n' 'append' 'add to the end of the file'
            printf '%s\t%s\n' 'create' 'make a new file; fail if it exists'
            printf '%s\t%s\n' 'sync' 'succeed only once it is on the disk (fsync)'
            printf '%s\t%s\n' 'atomic' 'write a temporary file, and rename it to PATH on success'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,tcp'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'give up an attempt to connect after D'
            printf '%s\t%s\n' 'close-timeout=' 'after the last byte, wait up to D for the peer to close'
            printf '%s\t%s\n' 'retry=' 'try up to N times more, a second apart'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,tcp-listen'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'accept-timeout=' 'give up if nobody connects within D'
            printf '%s\t%s\n' 'from=' 'let only this address or network connect'
            printf '%s\t%s\n' 'close-timeout=' 'after the last byte, wait up to D for the peer to close'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,tls'
            printf '%s\t%s\n' 'ca=' 'trust what these authorities have signed, and the certificates in the file themselves'
            printf '%s\t%s\n' 'pin=' 'trust the certificate with this digest, and nothing else'
            printf '%s\t%s\n' 'verify=' 'trust any certificate: whoever is on the way can read and change everything'
            printf '%s\t%s\n' 'name=' 'the name that the certificate has to be for'
            printf '%s\t%s\n' 'cert=' 'the certificate to show, in PEM, with those that it depends on'
            printf '%s\t%s\n' 'key=' 'its private key, in PEM; without this it is in the file of cert'
            printf '%s\t%s\n' 'alpn=' 'the protocol to agree on (ALPN)'
            printf '%s\t%s\n' 'eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'give up an attempt to connect after D'
            printf '%s\t%s\n' 'close-timeout=' 'after the last byte, wait up to D for the peer to close'
            printf '%s\t%s\n' 'retry=' 'try up to N times more, a second apart'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,tls-listen'
            printf '%s\t%s\n' 'cert=' 'the certificate to show, in PEM, with those that it depends on'
            printf '%s\t%s\n' 'key=' 'its private key, in PEM; without this it is in the file of cert'
            printf '%s\t%s\n' 'client-ca=' 'let only clients connect whose certificate is in FILE, or signed by one there'
            printf '%s\t%s\n' 'alpn=' 'the protocol to agree on (ALPN)'
            printf '%s\t%s\n' 'eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'accept-timeout=' 'give up if nobody connects within D'
            printf '%s\t%s\n' 'from=' 'let only this address or network connect'
            printf '%s\t%s\n' 'close-timeout=' 'after the last byte, wait up to D for the peer to close'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,http'
            printf '%s\t%s\n' 'header=' 'send this header field too'
            printf '%s\t%s\n' 'header-file=' 'send the fields in FILE, one a line: secrets are not seen by others there'
            printf '%s\t%s\n' 'method=' 'how the bytes are sent'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'give up an attempt to connect after D'
            printf '%s\t%s\n' 'close-timeout=' 'after the answer, wait up to D for the connection to end'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,https'
            printf '%s\t%s\n' 'header=' 'send this header field too'
            printf '%s\t%s\n' 'header-file=' 'send the fields in FILE, one a line: secrets are not seen by others there'
            printf '%s\t%s\n' 'method=' 'how the bytes are sent'
            printf '%s\t%s\n' 'ca=' 'trust what these authorities have signed, and the certificates in the file themselves'
            printf '%s\t%s\n' 'pin=' 'trust the certificate with this digest, and nothing else'
            printf '%s\t%s\n' 'verify=' 'trust any certificate: whoever is on the way can read and change everything'
            printf '%s\t%s\n' 'name=' 'the name that the certificate has to be for'
            printf '%s\t%s\n' 'cert=' 'the certificate to show, in PEM, with those that it depends on'
            printf '%s\t%s\n' 'key=' 'its private key, in PEM; without this it is in the file of cert'
            printf '%s\t%s\n' 'alpn=' 'the protocol to agree on (ALPN)'
            printf '%s\t%s\n' 'eof=' 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
            printf '%s\t%s\n' 'nodelay' 'send small pieces without delay (TCP_NODELAY)'
            printf '%s\t%s\n' 'connect-timeout=' 'give up an attempt to connect after D'
            printf '%s\t%s\n' 'close-timeout=' 'after the answer, wait up to D for the connection to end'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'bind=' 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,unix'
            printf '%s\t%s\n' 'close-timeout=' 'after the last byte, wait up to D for the peer to close'
            printf '%s\t%s\n' 'retry=' 'try up to N times more, a second apart'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,unix-listen'
            printf '%s\t%s\n' 'mode=' 'who may connect: 0600 only you, 0660 your group too, 0666 everybody'
            printf '%s\t%s\n' 'accept-timeout=' 'give up if nobody connects within D'
            printf '%s\t%s\n' 'close-timeout=' 'after the last byte, wait up to D for the peer to close'
            printf '%s\t%s\n' 'sndbuf=' 'size of the socket\'s send buffer'
            printf '%s\t%s\n' 'rcvbuf=' 'size of the socket\'s receive buffer'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,null'
            printf '%s\t%s\n' 'rate=' 'take at most SIZE bytes a second'
            printf '%s\t%s\n' 'stall=' 'take SIZE bytes, then nothing for D, then the rest'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,fd'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
        case 'sink,exec'
            printf '%s\t%s\n' 'mark=' 'the most that its own buffer may hold, instead of --write-high-water-mark'
            printf '%s\t%s\n' 'slow=' 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
            printf '%s\t%s\n' 'patience=' 'with slow=detach, how long it may hold them up, 5s unless given'
    end
end

# How many of SOURCE and SINK stand before the cursor.
function __tidegate_position
    set -l takes -H -B --high-water-mark --buffer --hwm --read-high-water-mark --write-high-water-mark --low-water-mark -c --chunk-size --skip --take -s --size --expect-size --error-block -L --rate --burst --tee -t --transform --digest-file --road --proxy --idle-timeout -p --progress --format -N --name --stats --trace --plot -i --interval --summary --control --tell --generate
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
complete -c tidegate -l tee -a '(__tidegate_end sink)'
