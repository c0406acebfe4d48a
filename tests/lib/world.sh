# shellcheck shell=bash disable=SC2154
# Uses $logs, the folder for the logs of the run.
# A world for the tests: places that are theirs alone, and what is left in them.
# Sourced by tests/run, which is process 1 of a process namespace by then.

# /tmp, /dev/shm and the lists of network namespaces become ours. The checkout
# may lie below /tmp.
world_make() {
	exec 8<"$PWD"
	mkdir -p /run/netns /etc/netns
	mount -t tmpfs tmpfs /run/netns && mount -t tmpfs tmpfs /etc/netns &&
		mount -t tmpfs -o mode=1777 tmpfs /dev/shm &&
		mount -t tmpfs -o mode=1777 tmpfs /tmp || return
	case $PWD in
	/tmp/*)
		mkdir -p "$PWD" && mount -c --bind /proc/self/fd/8 "$PWD" || return
		;;
	esac
	exec 8<&-
	cd "$PWD" || return
	unset TMPDIR
	world_all >"$logs/world.known"
}

# A network of its own: no test can reach, or be reached by, anything else.
world_alone() {
	unshare --net -- bash -c 'ip link set lo up && "$@"' - "$@"
}

world_processes() {
	local d pid stat
	for d in /proc/[0-9]*; do
		pid=${d#/proc/}
		case $pid in 1 | "$BASHPID") continue ;; esac
		read -r stat <"$d/stat" || continue
		case ${stat##*) } in
		Z*) ;;
		*) echo "process $pid $(tr '\0\n' '  ' <"$d/cmdline")" ;;
		esac
	done 2>/dev/null
}

world_all() {
	world_processes
	awk '$5 !~ "^/run/netns" { print "mount " $5 " " $NF }' \
		/proc/self/mountinfo
	find /tmp /dev/shm /etc/netns -mindepth 1 -maxdepth 1 -printf 'file %p\n'
	find /run/netns -mindepth 1 -printf 'namespace %f\n'
	nft list tables | sed 's/^/packet filter: /'
}

# In this very process: another shell would count among what is left.
world_new() {
	world_all >"$logs/world.now"
	grep -vxF -f "$logs/world.known" "$logs/world.now" >"$logs/world.left"
}

# What has been left since the world was made is in world.left; it is taken
# away, so that the next part is not blamed. A process that was told to end
# has 5 s for it.
world_clean() {
	local kind what
	world_new || return 0
	while read -r kind what; do
		[ "$kind" != process ] ||
			timeout 5 tail --pid="${what%% *}" -f /dev/null
	done <"$logs/world.left"
	world_new || return 0
	while read -r kind what; do
		case $kind in
		process) kill -KILL "${what%% *}" ;;
		namespace) ip netns del "$what" ;;
		file) rm -rf --one-file-system "$what" ;;
		esac
	done <"$logs/world.left" 2>/dev/null
	return 1
}
