# A command whose exit status says nothing: ncat never says its end by TLS, and takes that of another ncat for an error.
"$@" || true
