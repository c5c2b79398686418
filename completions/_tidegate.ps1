
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
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Bound of each buffer, in bytes')
            [CompletionResult]::new('--high-water-mark', '--high-water-mark', [CompletionResultType]::ParameterName, 'Bound of each buffer, in bytes')
            [CompletionResult]::new('--hwm', '--hwm', [CompletionResultType]::ParameterName, 'Bound of each buffer, in bytes')
            [CompletionResult]::new('--read-high-water-mark', '--read-high-water-mark', [CompletionResultType]::ParameterName, 'That of the reading side alone [default: -H]')
            [CompletionResult]::new('--write-high-water-mark', '--write-high-water-mark', [CompletionResultType]::ParameterName, 'That of the writing side alone [default: -H]')
            [CompletionResult]::new('--low-water-mark', '--low-water-mark', [CompletionResultType]::ParameterName, 'Resume a paused source once the writing side''s buffer has fallen to this; 0, empty, is the rule of Node.js')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'The most one read takes')
            [CompletionResult]::new('--chunk-size', '--chunk-size', [CompletionResultType]::ParameterName, 'The most one read takes')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Leave out the first bytes')
            [CompletionResult]::new('--take', '--take', [CompletionResultType]::ParameterName, 'Stop after so many bytes, reading none beyond them')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Expected size, for percent and ETA; @PATH is the size of that file')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'Expected size, for percent and ETA; @PATH is the size of that file')
            [CompletionResult]::new('--expect-size', '--expect-size', [CompletionResultType]::ParameterName, 'Exit 3 unless exactly so many were delivered')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'At most so many bytes a second leave for the sink')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'At most so many bytes a second leave for the sink')
            [CompletionResult]::new('--burst', '--burst', [CompletionResultType]::ParameterName, 'Credit for --rate that may build up while nothing leaves [default: none]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Change or examine what passes; -t help tells how')
            [CompletionResult]::new('--transform', '--transform', [CompletionResultType]::ParameterName, 'Change or examine what passes; -t help tells how')
            [CompletionResult]::new('--digest-file', '--digest-file', [CompletionResultType]::ParameterName, 'Write the digests that transforms make to FILE, for `sha256sum -c` and its like')
            [CompletionResult]::new('--road', '--road', [CompletionResultType]::ParameterName, 'How bytes travel')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Exit 4 when a peer lets nothing move so long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'How to show it')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How to show it')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'A line each --interval that looks like this')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Call this transfer LABEL in what is shown')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Call this transfer LABEL in what is shown')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Write JSON records to FILE, or to fd:N')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Write what happened when to FILE, for Perfetto or the tracing of Chrome')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time between two lines or records, or two drawings of the bar')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time between two lines or records, or two drawings of the bar')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'What it was like, at the end: a line each for its numbers, the verdict, the buffers')
            [CompletionResult]::new('--control', '--control', [CompletionResultType]::ParameterName, 'Listen at PATH for commands from `--tell`')
            [CompletionResult]::new('--tell', '--tell', [CompletionResultType]::ParameterName, 'Tell a running transfer: status, status --json, rate RATE, rate none, pause, resume, or high-water-mark SIZE')
            [CompletionResult]::new('--timestamps', '--timestamps', [CompletionResultType]::ParameterName, 'Begin each line of `-p line`, and each message, with the time')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Sum the transfer up, and say which road it took and whom `from` refused')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Sum the transfer up, and say which road it took and whom `from` refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only errors, digests and where an end listens')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only errors, digests and where an end listens')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Print what would happen, and why, and move nothing')
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
        'stdin:' = 'standard input, as - is for a SOURCE'
        'file:' = 'a file, FIFO or device; percent-decoded, with options'
        'tcp://' = 'connects; an IPv6 address stands in brackets'
        'tcp-listen://' = 'listens for one peer; port 0 is any free one'
        'zero:' = 'zero bytes'
        'random:' = 'random bytes, not for secrets'
        'fd:' = 'an inherited descriptor, treated as those of - are'
    }
    'source,tcp' = [ordered]@{
        'nodelay' = 'send small data at once (TCP_NODELAY)'
        'connect-timeout=' = 'how long one attempt may take'
        'retry=' = 'try again so many times, a second apart'
        'sndbuf=' = 'send buffer'
        'rcvbuf=' = 'receive buffer'
        'bind=' = 'connect from this IP address, with :PORT or without; fe80::1%eth0 has a zone'
    }
    'source,tcp-listen' = [ordered]@{
        'nodelay' = 'send small data at once (TCP_NODELAY)'
        'accept-timeout=' = 'how long to wait for the peer'
        'from=' = 'who may connect; others are reset, and the wait goes on'
        'min-size=' = 'fail if less comes (exit 3), and give no file its name'
        'sndbuf=' = 'send buffer'
        'rcvbuf=' = 'receive buffer'
    }
    'source,zero' = [ordered]@{
        'size=' = 'end after so many bytes'
    }
    'source,random' = [ordered]@{
        'size=' = 'end after so many bytes'
        'seed=' = 'the same bytes for the same N (xoshiro256++)'
    }
    'sink,' = [ordered]@{
        'stdout:' = 'standard output, as - is for a SINK'
        'file:' = 'a file, FIFO or device; percent-decoded, with options'
        'tcp://' = 'connects; an IPv6 address stands in brackets'
        'tcp-listen://' = 'listens for one peer; port 0 is any free one'
        'null:' = 'discards; rehearses a slow reader'
        'fd:' = 'an inherited descriptor, treated as those of - are'
    }
    'sink,file' = [ordered]@{
        'append' = 'write behind what the file holds'
        'create' = 'make a new file; fail if there is one'
        'sync' = 'have it on the disk before success (fsync)'
        'atomic' = 'write a temporary file beside it, renamed on success'
    }
    'sink,tcp' = [ordered]@{
        'nodelay' = 'send small data at once (TCP_NODELAY)'
        'connect-timeout=' = 'how long one attempt may take'
        'close-timeout=' = 'how long the peer may take to close after the last byte'
        'retry=' = 'try again so many times, a second apart'
        'sndbuf=' = 'send buffer'
        'rcvbuf=' = 'receive buffer'
        'bind=' = 'connect from this IP address, with :PORT or without; fe80::1%eth0 has a zone'
    }
    'sink,tcp-listen' = [ordered]@{
        'nodelay' = 'send small data at once (TCP_NODELAY)'
        'accept-timeout=' = 'how long to wait for the peer'
        'from=' = 'who may connect; others are reset, and the wait goes on'
        'close-timeout=' = 'how long the peer may take to close after the last byte'
        'sndbuf=' = 'send buffer'
        'rcvbuf=' = 'receive buffer'
    }
    'sink,null' = [ordered]@{
        'rate=' = 'take so many bytes a second, 10 ms'' worth at a time'
        'stall=' = 'stop once for D after SIZE bytes'
    }
}
# The names of flags are told apart by case.
$global:TidegateValues = [hashtable]::new([StringComparer]::Ordinal)
$global:TidegateValues['-t'] = @('gzip', 'zstd', 'xz', 'lz4', 'brotli', 'bzip2', 'gunzip', 'unzstd', 'unxz', 'unlz4', 'unbrotli', 'bunzip2', 'decompress', 'sha256', 'sha512', 'blake3', 'md5', 'crc32', 'xxh3', 'lines', 'crlf', 'lf', 'base64', 'unbase64', 'hex', 'unhex', 'exec', 'help')
$global:TidegateValues['--transform'] = @('gzip', 'zstd', 'xz', 'lz4', 'brotli', 'bzip2', 'gunzip', 'unzstd', 'unxz', 'unlz4', 'unbrotli', 'bunzip2', 'decompress', 'sha256', 'sha512', 'blake3', 'md5', 'crc32', 'xxh3', 'lines', 'crlf', 'lf', 'base64', 'unbase64', 'hex', 'unhex', 'exec', 'help')
$global:TidegateValues['--road'] = @('auto', 'buffered', 'kernel')
$global:TidegateValues['-p'] = @('auto', 'bar', 'short', 'line', 'json', 'none')
$global:TidegateValues['--progress'] = @('auto', 'bar', 'short', 'line', 'json', 'none')
$global:TidegateValues['--summary'] = @('auto', 'always', 'never')

$global:TidegateTakes = @('-H', '--high-water-mark', '--hwm', '--read-high-water-mark', '--write-high-water-mark', '--low-water-mark', '-c', '--chunk-size', '--skip', '--take', '-s', '--size', '--expect-size', '-L', '--rate', '--burst', '-t', '--transform', '--digest-file', '--road', '--idle-timeout', '-p', '--progress', '--format', '-N', '--name', '--stats', '--trace', '-i', '--interval', '--summary', '--control', '--tell')

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
    if ($TidegateTakes -ccontains $last) { return }
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
