# From a file to two cats and to standard output, by tee(1).
exec tee < "$1" >(exec cat >/dev/null) >(exec cat >/dev/null)
