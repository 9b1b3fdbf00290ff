# netns.sh - namespaces and links for tests; sourced by bash scripts that run under enter.
#
#	ns_add NAME...            namespaces with lo up, nothing else
#	ns NAME COMMAND...        runs a command in one of them
#	ns_link A IF B IF         a veth pair between two of them, both ends up
#	ns_address NAME IF ADDR...    addresses, usable at once
#	ns_chain NAME...          a path: each is linked to the next and all reach each other
#
# A chain's k-th link (from 1) has 198.18.k.1 and 2001:db8:k::1 on the near side, interface "next",
# and 198.18.k.2 and 2001:db8:k::2 on the far side, interface "prev". Those between the ends
# forward, and the kernel's limits on ICMP errors are off: a test that wants them sets them.

[[ ${SONDE_NETNS-} == 1 ]] || { echo "run this by tests/netns/enter" >&2; exit 2; }

ns() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" "$@"
}

ns_add() {
	local name
	for name in "$@"; do
		ip netns add "$name"
		ns "$name" sh -c 'ip link set lo up
			cd /proc/sys/net
			echo 0 >ipv6/conf/default/accept_dad
			echo 0 >ipv6/conf/default/accept_ra
			echo 0 >ipv4/icmp_ratelimit
			echo 0 >ipv6/icmp/ratelimit
			# Beside the limits for each target there is one for all; no type counts.
			echo 0 >ipv4/icmp_ratemask
			echo >ipv6/icmp/ratemask'
	done
}

ns_link() {
	ns "$1" ip link add "$2" type veth peer name "$4" netns "/run/netns/$3"
	ns "$1" ip link set "$2" up
	ns "$3" ip link set "$4" up
}

ns_address() {
	local name=$1 interface=$2 address
	shift 2
	for address in "$@"; do
		if [[ $address == *:* ]]; then
			ns "$name" ip address add "$address" dev "$interface" nodad
		else
			ns "$name" ip address add "$address" dev "$interface"
		fi
	done
}

ns_chain() {
	local names=("$@") i k last=$(($# - 1))
	ns_add "$@"
	for ((i = 0; i < last; i++)); do
		k=$((i + 1))
		ns_link "${names[i]}" next "${names[k]}" prev
		ns_address "${names[i]}" next "198.18.$k.1/24" "2001:db8:$k::1/64"
		ns_address "${names[k]}" prev "198.18.$k.2/24" "2001:db8:$k::2/64"
	done
	for ((i = 0; i <= last; i++)); do
		if ((i > 0 && i < last)); then
			ns "${names[i]}" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
		fi
		# Back by default, onward link by link; the near end knows only onward.
		if ((i > 0)); then
			ns "${names[i]}" ip route add default via "198.18.$i.1"
			ns "${names[i]}" ip -6 route add default via "2001:db8:$i::1"
		fi
		for ((k = i + 2; k <= last; k++)); do
			ns "${names[i]}" ip route add "198.18.$k.0/24" via "198.18.$((i + 1)).2"
			ns "${names[i]}" ip -6 route add "2001:db8:$k::/64" via "2001:db8:$((i + 1))::2"
		done
	done
}
