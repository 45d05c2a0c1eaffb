#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/kernels/run.sh [--shell | --run COMMAND] [6.1]: BPF programs, trunk and bond on a Debian kernel in qemu; see README.md.
# Ends with "N passed, N failed". The build must be there. --run runs one command there instead, in the checkout.
set -euo pipefail
# shellcheck source=tests/support/common.sh
. "${BASH_SOURCE[0]%/*}/../support/common.sh"

mode="test" run=
case ${1:-} in
--shell) mode=shell && shift ;;
--run) run=$2 && shift 2 ;;
esac
series=${1:-6.1}
case $series in
6.1) meta=linux-image-amd64 ;; # bookworm's own
*) meta=linux-image-$series-amd64 ;;
esac
need_root
cache=$FB_TOP/build/kernels
mkdir -p "$cache"

# ---- the kernel

# The real package behind the meta package, e.g. linux-image-6.1.0-56-amd64. Not installed: we want its files, not a new kernel here.
package=$(apt-cache depends "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
if [ -z "$package" ]; then # no package lists, or no such package in them
	with_progress "reading Debian's package lists" apt-get -o DPkg::Lock::Timeout=300 update -q
	package=$(apt-cache depends "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
fi
[ -n "$package" ] || die "apt knows no $meta"
version=${package#linux-image-}
fetch() (
	rm -rf "$cache/fetch"
	mkdir -p "$cache/fetch"
	cd "$cache/fetch"
	apt-get -o APT::Sandbox::User=root download -q "$package" || { apt-get update -q && apt-get -o APT::Sandbox::User=root download -q "$package"; }
	dpkg-deb -x ./*.deb tree
	rm -rf tree/usr
	depmod -b tree "$version"
	rm -rf "${cache:?}/$version"
	mv tree "$cache/$version"
	rm -rf "$cache/fetch"
)
exec 8>"$cache/lock" # two runs may share the cache, but one fetches
flock 8
[ -e "$cache/$version/lib/modules/$version/modules.dep" ] || with_progress "getting Debian's kernel $version" fetch
exec 8>&-

# ---- the initramfs: busybox, init, and the modules it takes to see the host's root

# What one run writes; kept as build/kernels/last for those who want to read it.
out=$(mktemp -d "$cache/run.XXXXXX")
keep_last() {
	rm -rf "$cache/last"
	mv "$out" "$cache/last"
}
at_exit keep_last
initramfs=$out/initramfs
make_initramfs() (
	local tree=$initramfs.tree modules=$cache/$version/lib/modules/$version name file
	rm -rf "$tree"
	mkdir -p "$tree"/{bin,dev,proc,modules}
	cp /bin/busybox "$tree/bin/busybox"
	install -m 755 "$FB_TOP/tests/kernels/init" "$tree/init"
	# in loading order, each once
	for name in virtio_pci 9p 9pnet_virtio overlay; do
		modprobe -d "$cache/$version" -S "$version" --show-depends "$name" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++' | while read -r file; do
		file=${file#*"/lib/modules/$version/"}
		cp "$modules/$file" "$tree/modules/"
		echo "${file##*/}"
	done >"$tree/modules/order"
	(cd "$tree" && find . | cpio --quiet -o -H newc) | gzip -1 >"$initramfs"
	rm -rf "$tree"
)
make_initramfs

# ---- boot

echo "$FB_BUILD" >"$out/build"
if [ "$run" ]; then
	printf '%s\n' "$run" >"$out/command"
else
	"$FB_TOP/tests/support/tally.py" --list "$FB_BUILD" bpf >"$out/programs"
	[ -s "$out/programs" ] || die "the suite bpf has no program to run there"
fi

# KVM only if it works: nested machines may offer a /dev/kvm that cannot run anything.
kvm_works() {
	[ -w /dev/kvm ] && grep -qE '^flags.*\b(vmx|svm)\b' /proc/cpuinfo || return 1
	local pid alive=1
	qemu-system-x86_64 -accel kvm -cpu host -S -nodefaults -display none >/dev/null 2>&1 &
	pid=$!
	sleep 1
	kill "$pid" 2>/dev/null || alive=0
	wait "$pid" 2>/dev/null || true
	[ "$alive" = 1 ]
}
accel=${FB_QEMU_ACCEL:-}
if [ -z "$accel" ]; then if kvm_works; then accel=kvm; else accel=tcg,thread=multi; fi; fi
case $accel in kvm*) cpu=host limit=300 ;; *) cpu=max limit=1500 ;; esac
# la57 and friends cost emulation and tell nothing
[ "$cpu" = host ] || cpu=max,la57=off,pku=off

# shellcheck disable=SC2054 # the commas are qemu's
command=(qemu-system-x86_64 -accel "$accel" -cpu "$cpu" -smp 2 -m 2048 -nodefaults -display none -no-reboot
	-kernel "$cache/$version/boot/vmlinuz-$version" -initrd "$initramfs"
	-append "console=ttyS0 quiet panic=-1 mitigations=off fb.top=$FB_TOP fb.mode=$mode"
	-fsdev "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"
	-device virtio-9p-pci,fsdev=host,mount_tag=host
	-fsdev "local,id=out,path=$out,security_model=none"
	-device virtio-9p-pci,fsdev=out,mount_tag=out)
if [ "$mode" = shell ]; then exec "${command[@]}" -serial mon:stdio; fi

qemu_pid=
qemu_stop() {
	if [ "$qemu_pid" ]; then kill "$qemu_pid" 2>/dev/null || true; fi
}
at_exit qemu_stop
say "kernel $version in qemu (${accel%%,*})"
start=$SECONDS
"${command[@]}" -serial "file:$out/console" >"$out/qemu" 2>&1 </dev/null &
qemu_pid=$!
shown=0
show_new() {
	local lines
	mapfile -t -s "$shown" lines <"$out/results"
	[ ${#lines[@]} -eq 0 ] || printf '%s\n' "${lines[@]}"
	shown=$((shown + ${#lines[@]}))
}
: >"$out/sums"
: >"$out/results"
while kill -0 "$qemu_pid" 2>/dev/null; do
	if [ $((SECONDS - start)) -gt "$limit" ]; then
		note "kernels: the guest did not end within $limit seconds"
		kill "$qemu_pid"
	fi
	show_new
	sleep 0.3
done
wait "$qemu_pid" 2>/dev/null || true
qemu_pid=
show_new

# ---- what came back

if [ "$run" ] && [ -e "$out/finished" ]; then
	cat "$out/log"
	exit "$(<"$out/finished")"
fi

passed=0 failed=0
while read -r word number _ more _; do
	[ "$word" = sum ] || continue
	passed=$((passed + number)) failed=$((failed + more))
done <"$out/sums"
if [ ! -e "$out/finished" ]; then
	failed=$((failed + 1))
	say "FAIL the guest did not finish; its console:"
	tail -n 60 "$out/console" "$out/qemu" | sed 's/^/    /'
fi
say "($((SECONDS - start)) s)"
say "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
