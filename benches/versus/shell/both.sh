# A command that listens at a port of the loopback, and one that connects to it: bash both.sh PORT LISTENER... -- SENDER...
port=$1 && shift
listener=()
while [[ $1 != -- ]]; do listener+=("$1") && shift; done
shift
"${listener[@]}" </dev/null &
until [[ $(ss -Hltn "sport = :$port") ]]; do sleep 0.002; done
"$@" && wait $!
