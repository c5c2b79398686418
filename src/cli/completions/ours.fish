# How many of SOURCE and SINK stand before the cursor.
function __tidegate_position
    set -l takes @TAKES@
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
