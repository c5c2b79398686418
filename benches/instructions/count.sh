#!/bin/bash
# Counts the instructions, user and kernel together, that a transfer takes with `-q` and with everything on.
#
#     benches/instructions/count.sh KERNEL ROAD SIZE_GIB [TIMES [PROGRAM]]
#
# KERNEL is an x86-64 Linux image with devtmpfs, tmpfs and VIRT_CPU_ACCOUNTING_GEN built in, as Debian's cloud kernels are.
# The machine it boots is emulated, has one processor, and takes a nanosecond for each instruction, whatever the host does
# meanwhile: so the times of a process count its instructions. See `benches/README.md`.
set -euo pipefail

[ $# -ge 3 ] || { sed -n '4s/^# *//p' "$0" >&2; exit 2; }
kernel=$1 road=$2 gib=$3 times=${4:-2}
program=${5:-$(dirname "$0")/../../target/release/tidegate}

for tool in qemu-system-x86_64 cpio gzip script bash; do
    command -v "$tool" >/dev/null || { echo "count.sh: $tool is not installed" >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,proc,dev,tmp}

# A program, under this name, with the libraries it is linked to.
take() {
    cp "$1" "$root/bin/$2"
    ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -Ln "$library" "$root$library"
    done
}
for tool in bash script mount mkdir cat; do take "$(command -v "$tool")" "$tool"; done
take "$program" tidegate
ln -s bash "$root/bin/sh"

# What a run is, in the emulated machine: a file of 1 GiB on a tmpfs, over and over, spliced into the pipe in front of the
# program that is measured, and spliced away behind it. `-i 300ms` makes about as many frames and records a GiB as ten a
# second do on a real machine, which is that much faster.
cat >"$root/run" <<GUEST
#!/bin/bash
everything="-p bar --summary never --stats /dev/null --trace /tmp/trace.json --plot /tmp/plot.svg -i 300ms"
feed() { for ((i = 0; i < $gib; i++)); do tidegate -q --road kernel /tmp/data -; done; }
TIMEFORMAT="%R %U %S"
exec 3>&2
for flags in -q "\$everything"; do
    feed | { time tidegate --road $road \$flags - - 2>&3; } 2>/tmp/times | tidegate -q --road kernel - null:
    read -r elapsed user system </tmp/times
    echo "@ \$user \$system \$elapsed \$flags"
done >>/tmp/counts
GUEST
cat >"$root/init" <<GUEST
#!/bin/bash
export PATH=/bin TERM=xterm
mount -t proc proc /proc; mount -t devtmpfs dev /dev; mkdir -p /dev/pts; mount -t devpts pts /dev/pts
mount -t tmpfs -o size=2g tmp /tmp
tidegate -q zero:#size=1GiB /tmp/data
for ((n = 0; n < $times; n++)); do script -qc /run /dev/null </dev/null >/tmp/screen; done
echo; cat /tmp/counts
echo b >/proc/sysrq-trigger
GUEST
chmod +x "$root/run" "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"

qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -smp 1 -m 3G -nographic -no-reboot \
    -kernel "$kernel" -initrd "$work/initrd" -append "console=ttyS0 quiet panic=-1" </dev/null |
    tr -d '\r' | awk -v road="$road" -v gib="$gib" '
        /^@ / {
            count = ($2 + $3) * 1000
            if ($5 == "-q") bare = count
            else printf "%s road, %d GiB in %.1f s: %.0f million with -q, %.0f with everything on, %+.2f %%\n",
                road, gib, $4, bare, count, (count / bare - 1) * 100
            found = 1
            next
        }
        { said = said $0 "\n" }
        END { if (!found) { printf "%s", said; exit 1 } }'
