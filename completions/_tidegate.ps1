
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

$global:TidegateFlags = {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'tidegate'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'tidegate' {
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'The most that each buffer may hold')
            [CompletionResult]::new('-B', '-B ', [CompletionResultType]::ParameterName, 'The most that each buffer may hold')
            [CompletionResult]::new('--high-water-mark', '--high-water-mark', [CompletionResultType]::ParameterName, 'The most that each buffer may hold')
            [CompletionResult]::new('--buffer', '--buffer', [CompletionResultType]::ParameterName, 'The most that each buffer may hold')
            [CompletionResult]::new('--hwm', '--hwm', [CompletionResultType]::ParameterName, 'The most that each buffer may hold')
            [CompletionResult]::new('--read-high-water-mark', '--read-high-water-mark', [CompletionResultType]::ParameterName, 'The same for the buffer on the reading side alone [default: -H]')
            [CompletionResult]::new('--write-high-water-mark', '--write-high-water-mark', [CompletionResultType]::ParameterName, 'The same for the buffer on the writing side alone [default: -H]')
            [CompletionResult]::new('--low-water-mark', '--low-water-mark', [CompletionResultType]::ParameterName, 'When the buffer on the writing side was full, read on once it has fallen to SIZE; 0 waits until it is empty')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read at most SIZE bytes at a time')
            [CompletionResult]::new('--chunk-size', '--chunk-size', [CompletionResultType]::ParameterName, 'Read at most SIZE bytes at a time')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Leave out the first SIZE bytes of SOURCE')
            [CompletionResult]::new('--take', '--take', [CompletionResultType]::ParameterName, 'Copy only the first SIZE bytes, and read no more')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Show percent and time left of SIZE, or PATH''s size')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'Show percent and time left of SIZE, or PATH''s size')
            [CompletionResult]::new('--expect-size', '--expect-size', [CompletionResultType]::ParameterName, 'Fail (exit 3) unless exactly SIZE bytes arrive')
            [CompletionResult]::new('--error-block', '--error-block', [CompletionResultType]::ParameterName, 'With --skip-errors, give up SIZE bytes at a time')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Move at most RATE bytes a second')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Move at most RATE bytes a second')
            [CompletionResult]::new('--burst', '--burst', [CompletionResultType]::ParameterName, 'After a wait, let up to SIZE bytes pass faster than --rate [default: none]')
            [CompletionResult]::new('--tee', '--tee', [CompletionResultType]::ParameterName, 'Send the same bytes to SINK too')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Compress, checksum, convert; -t help lists all')
            [CompletionResult]::new('--transform', '--transform', [CompletionResultType]::ParameterName, 'Compress, checksum, convert; -t help lists all')
            [CompletionResult]::new('--digest-file', '--digest-file', [CompletionResultType]::ParameterName, 'Write the checksums that -t makes to FILE, as `sha256sum -c` reads them')
            [CompletionResult]::new('--road', '--road', [CompletionResultType]::ParameterName, 'Who moves the bytes, the kernel or tidegate itself')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Connect by the proxy URL: socks5h://, socks5://, http://')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Give up (exit 4) when no data moves for D')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Show progress')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print a line of this form each --interval, such as `{percent} {rate:h}`')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Call the transfer LABEL on the screen')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Call the transfer LABEL on the screen')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Write progress to FILE (or fd:N) as JSON lines')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'At the end, write a timeline of the transfer to FILE, to open in Perfetto')
            [CompletionResult]::new('--plot', '--plot', [CompletionResultType]::ParameterName, 'At the end, draw a chart into FILE (.svg, .html)')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time between two lines, records or updates of the live display')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time between two lines, records or updates of the live display')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Whether to sum the transfer up at its end')
            [CompletionResult]::new('--control', '--control', [CompletionResultType]::ParameterName, 'Listen at PATH for commands from `--tell`')
            [CompletionResult]::new('--tell', '--tell', [CompletionResultType]::ParameterName, 'Tell a running transfer: status, status --json, rate RATE, rate none, pause, resume, or high-water-mark SIZE')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Print a man page, or a completion script for a shell')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Go on where the SINK file ends; see tidegate-endpoints(7)')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'Put zeros where a file or a device cannot be read, and go on')
            [CompletionResult]::new('--skip-errors', '--skip-errors', [CompletionResultType]::ParameterName, 'Put zeros where a file or a device cannot be read, and go on')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'With --tee, end all as soon as one SINK has failed')
            [CompletionResult]::new('--duplex', '--duplex', [CompletionResultType]::ParameterName, 'Connect two ends, A and B, in both directions')
            [CompletionResult]::new('--timestamps', '--timestamps', [CompletionResultType]::ParameterName, 'Begin each line of `-p line`, and each message, with the time')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print a longer summary, and refused connections')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print a longer summary, and refused connections')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, digests and ''listening on''')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, digests and ''listening on''')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Print what would happen and why, and do nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print a screen of help (-h), or all of it (--help)')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print a screen of help (-h), or all of it (--help)')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}

$global:TidegateEnds = @{
    'source,' = [ordered]@{
        'stdin:' = 'standard input, the same as -'
        'file:' = 'a file, FIFO or device, with options; write % as %25 and # as %23'
        'tcp://' = 'connects to HOST; write an IPv6 address in brackets'
        'tcp-listen://' = 'waits for one connection; port 0 takes any free port'
        'tls://' = 'connects to HOST by TLS, and checks who that is'
        'tls-listen://' = 'waits for one connection by TLS'
        'http://' = 'GETs from a web server, or PUTs to it'
        'https://' = 'the same by TLS, which checks who the server is'
        'unix:' = 'connects to a unix socket, PATH or @NAME (abstract)'
        'unix-listen:' = 'waits for one connection on a unix socket'
        'zero:' = 'zero bytes without end, as /dev/zero'
        'random:' = 'random bytes for tests, not for secrets'
        'fd:' = 'descriptor N that the shell has opened, as by 3>file'
        'exec:' = 'the output or the input of COMMAND, run by sh -c'
    }
    'source,tcp' = [ordered]@{
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'connect-timeout=' = 'give up an attempt to connect after D'
        'retry=' = 'try up to N times more, a second apart'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'bind=' = 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
    }
    'source,tcp-listen' = [ordered]@{
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'accept-timeout=' = 'give up if nobody connects within D'
        'from=' = 'let only this address or network connect'
        'min-size=' = 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
    }
    'source,tls' = [ordered]@{
        'ca=' = 'trust what these authorities have signed, and the certificates in the file themselves'
        'pin=' = 'trust the certificate with this digest, and nothing else'
        'verify=' = 'trust any certificate: whoever is on the way can read and change everything'
        'name=' = 'the name that the certificate has to be for'
        'cert=' = 'the certificate to show, in PEM, with those that it depends on'
        'key=' = 'its private key, in PEM; without this it is in the file of cert'
        'alpn=' = 'the protocol to agree on (ALPN)'
        'eof=' = 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'connect-timeout=' = 'give up an attempt to connect after D'
        'retry=' = 'try up to N times more, a second apart'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'bind=' = 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
    }
    'source,tls-listen' = [ordered]@{
        'cert=' = 'the certificate to show, in PEM, with those that it depends on'
        'key=' = 'its private key, in PEM; without this it is in the file of cert'
        'client-ca=' = 'let only clients connect whose certificate is in FILE, or signed by one there'
        'alpn=' = 'the protocol to agree on (ALPN)'
        'eof=' = 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'accept-timeout=' = 'give up if nobody connects within D'
        'from=' = 'let only this address or network connect'
        'min-size=' = 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
    }
    'source,http' = [ordered]@{
        'header=' = 'send this header field too'
        'header-file=' = 'send the fields in FILE, one a line: secrets are not seen by others there'
        'redirects=' = 'follow up to N redirects'
        'retry=' = 'go on after a cut, up to N times in a row without a new byte'
        'retry-wait=' = 'wait D before each of these tries'
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'connect-timeout=' = 'give up an attempt to connect after D'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'bind=' = 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
    }
    'source,https' = [ordered]@{
        'header=' = 'send this header field too'
        'header-file=' = 'send the fields in FILE, one a line: secrets are not seen by others there'
        'redirects=' = 'follow up to N redirects'
        'retry=' = 'go on after a cut, up to N times in a row without a new byte'
        'retry-wait=' = 'wait D before each of these tries'
        'ca=' = 'trust what these authorities have signed, and the certificates in the file themselves'
        'pin=' = 'trust the certificate with this digest, and nothing else'
        'verify=' = 'trust any certificate: whoever is on the way can read and change everything'
        'name=' = 'the name that the certificate has to be for'
        'cert=' = 'the certificate to show, in PEM, with those that it depends on'
        'key=' = 'its private key, in PEM; without this it is in the file of cert'
        'alpn=' = 'the protocol to agree on (ALPN)'
        'eof=' = 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'connect-timeout=' = 'give up an attempt to connect after D'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'bind=' = 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
    }
    'source,unix' = [ordered]@{
        'retry=' = 'try up to N times more, a second apart'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
    }
    'source,unix-listen' = [ordered]@{
        'mode=' = 'who may connect: 0600 only you, 0660 your group too, 0666 everybody'
        'accept-timeout=' = 'give up if nobody connects within D'
        'min-size=' = 'fail (exit 3) if fewer bytes come; an atomic SINK is not replaced'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
    }
    'source,zero' = [ordered]@{
        'size=' = 'stop after SIZE bytes'
    }
    'source,random' = [ordered]@{
        'size=' = 'stop after SIZE bytes'
        'seed=' = 'make the same bytes each time for the same N (xoshiro256++)'
    }
    'sink,' = [ordered]@{
        'stdout:' = 'standard output, the same as -'
        'file:' = 'a file, FIFO or device, with options; write % as %25 and # as %23'
        'tcp://' = 'connects to HOST; write an IPv6 address in brackets'
        'tcp-listen://' = 'waits for one connection; port 0 takes any free port'
        'tls://' = 'connects to HOST by TLS, and checks who that is'
        'tls-listen://' = 'waits for one connection by TLS'
        'http://' = 'GETs from a web server, or PUTs to it'
        'https://' = 'the same by TLS, which checks who the server is'
        'unix:' = 'connects to a unix socket, PATH or @NAME (abstract)'
        'unix-listen:' = 'waits for one connection on a unix socket'
        'null:' = 'discards bytes, or plays a slow reader'
        'fd:' = 'descriptor N that the shell has opened, as by 3>file'
        'exec:' = 'the output or the input of COMMAND, run by sh -c'
    }
    'sink,stdout' = [ordered]@{
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,file' = [ordered]@{
        'append' = 'add to the end of the file'
        'create' = 'make a new file; fail if it exists'
        'sync' = 'succeed only once it is on the disk (fsync)'
        'atomic' = 'write a temporary file, and rename it to PATH on success'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,tcp' = [ordered]@{
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'connect-timeout=' = 'give up an attempt to connect after D'
        'close-timeout=' = 'after the last byte, wait up to D for the peer to close'
        'retry=' = 'try up to N times more, a second apart'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'bind=' = 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,tcp-listen' = [ordered]@{
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'accept-timeout=' = 'give up if nobody connects within D'
        'from=' = 'let only this address or network connect'
        'close-timeout=' = 'after the last byte, wait up to D for the peer to close'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,tls' = [ordered]@{
        'ca=' = 'trust what these authorities have signed, and the certificates in the file themselves'
        'pin=' = 'trust the certificate with this digest, and nothing else'
        'verify=' = 'trust any certificate: whoever is on the way can read and change everything'
        'name=' = 'the name that the certificate has to be for'
        'cert=' = 'the certificate to show, in PEM, with those that it depends on'
        'key=' = 'its private key, in PEM; without this it is in the file of cert'
        'alpn=' = 'the protocol to agree on (ALPN)'
        'eof=' = 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'connect-timeout=' = 'give up an attempt to connect after D'
        'close-timeout=' = 'after the last byte, wait up to D for the peer to close'
        'retry=' = 'try up to N times more, a second apart'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'bind=' = 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,tls-listen' = [ordered]@{
        'cert=' = 'the certificate to show, in PEM, with those that it depends on'
        'key=' = 'its private key, in PEM; without this it is in the file of cert'
        'client-ca=' = 'let only clients connect whose certificate is in FILE, or signed by one there'
        'alpn=' = 'the protocol to agree on (ALPN)'
        'eof=' = 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'accept-timeout=' = 'give up if nobody connects within D'
        'from=' = 'let only this address or network connect'
        'close-timeout=' = 'after the last byte, wait up to D for the peer to close'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,http' = [ordered]@{
        'header=' = 'send this header field too'
        'header-file=' = 'send the fields in FILE, one a line: secrets are not seen by others there'
        'method=' = 'how the bytes are sent'
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'connect-timeout=' = 'give up an attempt to connect after D'
        'close-timeout=' = 'after the answer, wait up to D for the connection to end'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'bind=' = 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,https' = [ordered]@{
        'header=' = 'send this header field too'
        'header-file=' = 'send the fields in FILE, one a line: secrets are not seen by others there'
        'method=' = 'how the bytes are sent'
        'ca=' = 'trust what these authorities have signed, and the certificates in the file themselves'
        'pin=' = 'trust the certificate with this digest, and nothing else'
        'verify=' = 'trust any certificate: whoever is on the way can read and change everything'
        'name=' = 'the name that the certificate has to be for'
        'cert=' = 'the certificate to show, in PEM, with those that it depends on'
        'key=' = 'its private key, in PEM; without this it is in the file of cert'
        'alpn=' = 'the protocol to agree on (ALPN)'
        'eof=' = 'what ends the input: the peer says so; with fin also that it closes, as a cut does'
        'nodelay' = 'send small pieces without delay (TCP_NODELAY)'
        'connect-timeout=' = 'give up an attempt to connect after D'
        'close-timeout=' = 'after the answer, wait up to D for the connection to end'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'bind=' = 'connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,unix' = [ordered]@{
        'close-timeout=' = 'after the last byte, wait up to D for the peer to close'
        'retry=' = 'try up to N times more, a second apart'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,unix-listen' = [ordered]@{
        'mode=' = 'who may connect: 0600 only you, 0660 your group too, 0666 everybody'
        'accept-timeout=' = 'give up if nobody connects within D'
        'close-timeout=' = 'after the last byte, wait up to D for the peer to close'
        'sndbuf=' = 'size of the socket''s send buffer'
        'rcvbuf=' = 'size of the socket''s receive buffer'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,null' = [ordered]@{
        'rate=' = 'take at most SIZE bytes a second'
        'stall=' = 'take SIZE bytes, then nothing for D, then the rest'
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,fd' = [ordered]@{
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
    'sink,exec' = [ordered]@{
        'mark=' = 'the most that its own buffer may hold, instead of --write-high-water-mark'
        'slow=' = 'when it holds other SINKs up: block, they wait for it; detach, it is given up'
        'patience=' = 'with slow=detach, how long it may hold them up, 5s unless given'
    }
}
# The names of flags are told apart by case.
$global:TidegateValues = [hashtable]::new([StringComparer]::Ordinal)
$global:TidegateValues['-t'] = @('gzip', 'zstd', 'xz', 'lz4', 'brotli', 'bzip2', 'gunzip', 'unzstd', 'unxz', 'unlz4', 'unbrotli', 'bunzip2', 'decompress', 'sha256', 'sha512', 'blake3', 'md5', 'crc32', 'xxh3', 'lines', 'crlf', 'lf', 'base64', 'unbase64', 'hex', 'unhex', 'exec', 'help')
$global:TidegateValues['--transform'] = @('gzip', 'zstd', 'xz', 'lz4', 'brotli', 'bzip2', 'gunzip', 'unzstd', 'unxz', 'unlz4', 'unbrotli', 'bunzip2', 'decompress', 'sha256', 'sha512', 'blake3', 'md5', 'crc32', 'xxh3', 'lines', 'crlf', 'lf', 'base64', 'unbase64', 'hex', 'unhex', 'exec', 'help')
$global:TidegateValues['--road'] = @('auto', 'buffered', 'kernel')
$global:TidegateValues['--proxy'] = @('socks5h://', 'socks5://', 'http://', 'none')
$global:TidegateValues['-p'] = @('auto', 'bar', 'short', 'line', 'json', 'none')
$global:TidegateValues['--progress'] = @('auto', 'bar', 'short', 'line', 'json', 'none')
$global:TidegateValues['--summary'] = @('auto', 'always', 'never')
$global:TidegateValues['--generate'] = @('man', 'man-endpoints', 'bash', 'zsh', 'fish', 'elvish', 'powershell')

$global:TidegateTakes = @('-H', '-B', '--high-water-mark', '--buffer', '--hwm', '--read-high-water-mark', '--write-high-water-mark', '--low-water-mark', '-c', '--chunk-size', '--skip', '--take', '-s', '--size', '--expect-size', '--error-block', '-L', '--rate', '--burst', '--tee', '-t', '--transform', '--digest-file', '--road', '--proxy', '--idle-timeout', '-p', '--progress', '--format', '-N', '--name', '--stats', '--trace', '--plot', '-i', '--interval', '--summary', '--control', '--tell', '--generate')

Register-ArgumentCompleter -Native -CommandName 'tidegate' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words before the one that is being typed.
    $before = @($commandAst.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text })
    $last = if ($before.Count) { $before[-1] } else { '' }
    if ($TidegateValues.ContainsKey($last)) {
        $TidegateValues[$last].Where{ $_ -like "$wordToComplete*" }
        return
    }
    # Files are PowerShell's own offer, made where we make none.
    if ($last -cne '--tee' -and $TidegateTakes -ccontains $last) { return }
    if ($wordToComplete -like '-?*') {
        & $TidegateFlags $wordToComplete $commandAst $cursorPosition
        return
    }

    $position = 0
    $skip = $false
    foreach ($word in $before) {
        if ($skip) { $skip = $false }
        elseif ($word -like '-?*') { $skip = $TidegateTakes -ccontains $word }
        else { $position++ }
    }
    # The value of --tee is a SINK, wherever it stands.
    if ($last -ceq '--tee') { $position = 1 }
    if ($position -gt 1) { return }
    $side = @('source', 'sink')[$position]

    $typed = ''
    $key = "$side,"
    if ($wordToComplete -match '^([a-z-]+):[^#]*#(.*,)?') {
        $typed = $Matches[0]
        $key += $Matches[1]
    }
    if (-not $TidegateEnds.Contains($key)) { return }
    foreach ($end in $TidegateEnds[$key].GetEnumerator()) {
        $whole = $typed + $end.Key
        if ($whole.StartsWith($wordToComplete)) {
            [CompletionResult]::new($whole, $end.Key, [CompletionResultType]::ParameterValue, $end.Value)
        }
    }
    if (-not $typed) {
        [CompletionCompleters]::CompleteFilename($wordToComplete)
    }
}
