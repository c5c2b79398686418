# The words up to the cursor, in the array `words`: bash has taken them apart at colons and equals signs too.
_tidegate_words() {
    local rest=${COMP_LINE:0:COMP_POINT} gap word i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        gap=${rest%%[![:space:]]*}
        rest=${rest#"$gap"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$rest
        rest=${rest#"$word"}
        if ((i == 0)) || [[ -n $gap ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
    done
}

# Whether the value of this flag, or cluster of flags, is the next word.
_tidegate_takes_next() {
    local takes=' @TAKES@ ' i
    [[ $1 == --* ]] && { [[ $takes == *" $1 "* ]]; return; }
    for ((i = 1; i < ${#1}; i++)); do
        if [[ $takes == *" -${1:i:1} "* ]]; then
            ((i == ${#1} - 1))
            return
        fi
    done
    return 1
}

# Leaves of COMPREPLY what bash takes for the last word: what stands behind the last of its word breaks.
_tidegate_reply() {
    local word=$1 before
    before=${word%"${word##*[$COMP_WORDBREAKS]}"}
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
}

# Completes a SOURCE or a SINK: _tidegate_end SIDE WORD
_tidegate_end() {
    local side=$1 word=$2 item quote='' last given path
    case $word in [\"\']*) quote=${word:0:1} word=${word:1} ;; esac
    COMPREPLY=()
    case $word in
        [a-z]*:*\#*)
            last=${word##*[#,]}
            given=,${word#*\#}
            given=${given%"$last"}
            for item in $(_tidegate_table "$side" "${word%%:*}"); do
                if [[ $item == "$last"* && $given != *",${item%=}"[,=]* ]]; then
                    COMPREPLY+=("${word%"$last"}$item")
                fi
            done
            compopt -o nospace +o default +o bashdefault 2>/dev/null
            ;;
        file:*)
            path=${word#file:}
            while IFS= read -r item; do
                [[ -d $item ]] && item+=/
                [[ -n $quote ]] || printf -v item %q "$item"
                COMPREPLY+=("file:$item")
            done < <(compgen -f -- "$path")
            compopt -o nospace +o default +o bashdefault 2>/dev/null
            ;;
        *)
            for item in $(_tidegate_table "$side"); do
                [[ $item == "$word"* ]] && COMPREPLY+=("$item")
            done
            # Files alone are better left to bash.
            ((${#COMPREPLY[@]})) || return 0
            [[ -n $word ]] || COMPREPLY+=(-)
            while IFS= read -r item; do
                [[ -d $item ]] && item+=/
                [[ -n $quote ]] || printf -v item %q "$item"
                COMPREPLY+=("$item")
            done < <(compgen -f -- "$word")
            compopt -o nospace 2>/dev/null
            ;;
    esac
    [[ -n $quote ]] || _tidegate_reply "$word"
}

_tidegate_any() {
    local words word i position=0 flag='' redirected='' literal=''
    _tidegate_words
    local count=$((${#words[@]} - 1))
    for ((i = 1; i < count; i++)); do
        word=${words[i]}
        if [[ -n $flag || -n $redirected ]]; then
            flag='' redirected=''
        elif [[ $word =~ ^[0-9]*[\<\>] ]]; then
            [[ $word == *[\<\>\&] ]] && redirected=yes
        elif [[ -z $literal && $word == -- ]]; then
            literal=yes
        elif [[ -z $literal && $word == -?* ]]; then
            _tidegate_takes_next "$word" && flag=$word
        else
            position=$((position + 1))
        fi
    done
    word=${words[count]}
    if [[ -n $redirected ]]; then
        COMPREPLY=()
    elif [[ -n $flag ]]; then
        # The last flag of a cluster is the one that wants a value.
        [[ $flag == --* ]] || flag=-${flag: -1}
        if [[ $flag == --tee ]]; then
            _tidegate_end sink "$word"
            return
        fi
        _tidegate "$1" "$word" "$flag"
        _tidegate_reply "$word"
        [[ $flag != --proxy ]] || compopt -o nospace 2>/dev/null
    elif [[ -z $literal && $word == --*=* ]]; then
        _tidegate "$1" "${word#*=}" "${word%%=*}"
        COMPREPLY=("${COMPREPLY[@]/#/${word%%=*}=}")
        _tidegate_reply "$word"
        [[ $word != --proxy=* ]] || compopt -o nospace 2>/dev/null
    elif [[ -z $literal && $word == -* ]]; then
        _tidegate "$1" "$word" "$3"
    else
        case $position in
            0) _tidegate_end source "$word" ;;
            *) _tidegate_end sink "$word" ;;
        esac
    fi
}

complete -F _tidegate_any -o nosort -o bashdefault -o default tidegate 2>/dev/null ||
    complete -F _tidegate_any -o bashdefault -o default tidegate
