#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What one would write by hand for labs/two-ns.json, with a veth pair for the wire.
set -eu

left=bench-left-$$
right=bench-right-$$
trap 'ip netns delete "$left" 2>/dev/null || :; ip netns delete "$right" 2>/dev/null || :' EXIT
trap 'exit 1' HUP INT TERM

ip netns add "$left"
ip netns add "$right"
ip link add veth0 netns "$left" type veth peer name veth0 netns "$right"
ip -n "$left" address add 10.0.0.1/24 dev veth0
ip -n "$right" address add 10.0.0.2/24 dev veth0
ip -n "$left" link set veth0 up
ip -n "$right" link set veth0 up
ip netns exec "$left" ping -c 1 10.0.0.2
