# SPDX-License-Identifier: GPL-2.0-or-later
# awk -f bytes.awk: the packets that exchange printed, byte for byte, with ".." for what a router may choose in a packet of its
# own: of IPv4 bytes 4 and 5, the identification, and 10 and 11, the checksum over it; of IPv6 the flow label, the half byte
# at 1 and bytes 2 and 3, and the last four bytes of a fragment header, the identification.

# blank(FROM, COUNT): that many half bytes of the packet.
function blank(from, count) {
	packet = substr(packet, 1, from - 1) substr("........", 1, count) substr(packet, from + count)
}

/^probe/ {
	probe = $2
	next
}

{
	frame = $1 ~ /tap/ ? substr($2, 1, 28) : ""
	packet = substr($2, length(frame) + 1)
	if (packet ~ /^4/ && substr(packet, 31, 2) == "fe") {
		blank(9, 4)
		blank(21, 4)
	}
	if (packet ~ /^6/ && (substr(packet, 47, 2) == "fe" || substr(packet, 17, 2) == "fe")) {
		blank(4, 5)
		if (substr(packet, 13, 2) == "2c")
			blank(89, 8)
	}
	print probe, $1, frame packet
}
