# Completes a SOURCE or a SINK: _tidegate_end SIDE
_tidegate_end() {
  local ret=1 given
  local -a ends
  if [[ $PREFIX == [a-z]*:*'#'* ]]; then
    _tidegate_table $1 ${PREFIX%%:*}
    given=,${PREFIX#*'#'}
    compset -P '*[#,]'
    [[ $PREFIX == *=* ]] && return 1
    # What was given already is not given twice.
    ends=(${ends:#(${(j:|:)~${(s:,:)given}%%=*})[:=]*})
    _describe -t endpoint-options 'option of the endpoint' ends -S '' && ret=0
  elif [[ $PREFIX == file:* ]]; then
    compset -P 'file:'
    _files && ret=0
  else
    _tidegate_table $1
    ends+=('-:standard input or output')
    _describe -t endpoints endpoint ends -S '' && ret=0
    _files && ret=0
  fi
  return ret
}
# What a proxy can begin with.
_tidegate_proxy() { compadd -S '' -- @PROXIES@ }
_tidegate_source() { _tidegate_end source }
_tidegate_sink() { _tidegate_end sink }
