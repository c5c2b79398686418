_tidegate() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="tidegate"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        tidegate)
            opts="-B -H -c -s -E -L -t -p -N -i -v -q -h -V --buffer --hwm --high-water-mark --read-high-water-mark --write-high-water-mark --low-water-mark --chunk-size --skip --take --size --expect-size --resume --skip-errors --error-block --rate --burst --tee --fail-fast --duplex --transform --digest-file --road --proxy --idle-timeout --progress --format --timestamps --name --stats --trace --plot --interval --summary --verbose --quiet --control --tell --explain --generate --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --high-water-mark)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --buffer)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --hwm)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -H)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -B)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --read-high-water-mark)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --write-high-water-mark)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --low-water-mark)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --chunk-size)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -c)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --skip)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --take)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --size)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -s)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --expect-size)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --error-block)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --rate)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -L)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --burst)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --tee)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -W "gzip zstd xz lz4 brotli bzip2 gunzip unzstd unxz unlz4 unbrotli bunzip2 decompress sha256 sha512 blake3 md5 crc32 xxh3 lines crlf lf base64 unbase64 hex unhex exec help" -- "${cur}"))
                    return 0
                    ;;
                -t)
                    COMPREPLY=($(compgen -W "gzip zstd xz lz4 brotli bzip2 gunzip unzstd unxz unlz4 unbrotli bunzip2 decompress sha256 sha512 blake3 md5 crc32 xxh3 lines crlf lf base64 unbase64 hex unhex exec help" -- "${cur}"))
                    return 0
                    ;;
                --digest-file)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --road)
                    COMPREPLY=($(compgen -W "auto buffered kernel" -- "${cur}"))
                    return 0
                    ;;
                --proxy)
                    COMPREPLY=($(compgen -W "socks5h:// socks5:// http:// none" -- "${cur}"))
                    return 0
                    ;;
                --idle-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --progress)
                    COMPREPLY=($(compgen -W "auto bar short line json none" -- "${cur}"))
                    return 0
                    ;;
                -p)
                    COMPREPLY=($(compgen -W "auto bar short line json none" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --name)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -N)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --stats)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --trace)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --plot)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --interval)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -i)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --summary)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --control)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --tell)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --generate)
                    COMPREPLY=($(compgen -W "man man-endpoints bash zsh fish elvish powershell" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _tidegate -o nosort -o bashdefault -o default tidegate
else
    complete -F _tidegate -o bashdefault -o default tidegate
fi

# How a SOURCE or a SINK can start; with a scheme, what may stand behind its '#'.
_tidegate_table() {
    case $1,$2 in
        source,) echo 'stdin: file: tcp:// tcp-listen:// tls:// tls-listen:// http:// https:// unix: unix-listen: zero: random: fd: exec:' ;;
        source,tcp) echo 'nodelay connect-timeout= retry= sndbuf= rcvbuf= bind=' ;;
        source,tcp-listen) echo 'nodelay accept-timeout= from= min-size= sndbuf= rcvbuf=' ;;
        source,tls) echo 'ca= pin= verify= name= cert= key= alpn= eof= nodelay connect-timeout= retry= sndbuf= rcvbuf= bind=' ;;
        source,tls-listen) echo 'cert= key= client-ca= alpn= eof= nodelay accept-timeout= from= min-size= sndbuf= rcvbuf=' ;;
        source,http) echo 'header= header-file= redirects= retry= retry-wait= nodelay connect-timeout= sndbuf= rcvbuf= bind=' ;;
        source,https) echo 'header= header-file= redirects= retry= retry-wait= ca= pin= verify= name= cert= key= alpn= eof= nodelay connect-timeout= sndbuf= rcvbuf= bind=' ;;
        source,unix) echo 'retry= sndbuf= rcvbuf=' ;;
        source,unix-listen) echo 'mode= accept-timeout= min-size= sndbuf= rcvbuf=' ;;
        source,zero) echo 'size=' ;;
        source,random) echo 'size= seed=' ;;
        sink,) echo 'stdout: file: tcp:// tcp-listen:// tls:// tls-listen:// http:// https:// unix: unix-listen: null: fd: exec:' ;;
        sink,stdout) echo 'mark= slow= patience=' ;;
        sink,file) echo 'append create sync atomic mark= slow= patience=' ;;
        sink,tcp) echo 'nodelay connect-timeout= close-timeout= retry= sndbuf= rcvbuf= bind= mark= slow= patience=' ;;
        sink,tcp-listen) echo 'nodelay accept-timeout= from= close-timeout= sndbuf= rcvbuf= mark= slow= patience=' ;;
        sink,tls) echo 'ca= pin= verify= name= cert= key= alpn= eof= nodelay connect-timeout= close-timeout= retry= sndbuf= rcvbuf= bind= mark= slow= patience=' ;;
        sink,tls-listen) echo 'cert= key= client-ca= alpn= eof= nodelay accept-timeout= from= close-timeout= sndbuf= rcvbuf= mark= slow= patience=' ;;
        sink,http) echo 'header= header-file= method= nodelay connect-timeout= close-timeout= sndbuf= rcvbuf= bind= mark= slow= patience=' ;;
        sink,https) echo 'header= header-file= method= ca= pin= verify= name= cert= key= alpn= eof= nodelay connect-timeout= close-timeout= sndbuf= rcvbuf= bind= mark= slow= patience=' ;;
        sink,unix) echo 'close-timeout= retry= sndbuf= rcvbuf= mark= slow= patience=' ;;
        sink,unix-listen) echo 'mode= accept-timeout= close-timeout= sndbuf= rcvbuf= mark= slow= patience=' ;;
        sink,null) echo 'rate= stall= mark= slow= patience=' ;;
        sink,fd) echo 'mark= slow= patience=' ;;
        sink,exec) echo 'mark= slow= patience=' ;;
    esac
}

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
    local takes=' -H -B --high-water-mark --buffer --hwm --read-high-water-mark --write-high-water-mark --low-water-mark -c --chunk-size --skip --take -s --size --expect-size --error-block -L --rate --burst --tee -t --transform --digest-file --road --proxy --idle-timeout -p --progress --format -N --name --stats --trace --plot -i --interval --summary --control --tell --generate ' i
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
