var tidegate-takes = [@TAKES@]
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
