$global:TidegateTakes = @(@TAKES@)

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
