# From a file to a port of the loopback, and then to another one, by socat.
socat -u -b 1048576 "OPEN:$1" "TCP:127.0.0.1:$2" && exec socat -u -b 1048576 "OPEN:$1" "TCP:127.0.0.1:$3"
