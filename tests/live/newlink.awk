# SPDX-License-Identifier: GPL-2.0-or-later
# From what `strace -e write=all` prints: each RTM_NEWLINK message with IFLA_LINKINFO, as lines that do not depend on the
# order of attributes: PATH of attribute types = bytes. A descriptor is "fd". Each message ends with a line "--".

function digit(c) { return index("0123456789abcdef", c) - 1 }

function number(at, count,    value, i) { # little endian
	for (i = count - 1; i >= 0; i--) value = value * 256 + byte[at + i]
	return value
}

function text(at, count,    hex, i) {
	for (i = 0; i < count; i++) hex = hex sprintf("%02x", byte[at + i])
	return hex
}

# linux/rtnetlink.h: a length that counts the header, a type of which the upper two bits are flags, the data, padding.
function attributes(at, end, path,    length_, type, line) {
	while (at + 4 <= end) {
		length_ = number(at, 2)
		type = number(at + 2, 2) % 16384
		if (length_ < 4) return
		if (path == "" && (type == 18 || type == 26) || path == "18." && (type == 2 || type == 5) || path == "26.")
			attributes(at + 4, at + length_, path type ".")
		else
			lines[++count] = path type "=" (path type == 28 ? "fd" : text(at + 4, length_ - 4))
		at += int((length_ + 3) / 4) * 4
	}
}

function tell(    i, j, line) {
	count = 0
	if (size < 32 || number(0, 4) != size || number(4, 2) != 16) return
	attributes(32, size, "")
	for (i = 2; i <= count; i++)
		for (j = i; j > 1 && lines[j - 1] > lines[j]; j--) {
			line = lines[j]
			lines[j] = lines[j - 1]
			lines[j - 1] = line
		}
	for (i = 1; i <= count; i++) if (lines[i] ~ /^18\.1=/) break
	if (i > count) return
	print "flags=" text(24, 8)
	for (i = 1; i <= count; i++) {
		if (lines[i] ~ /^18\.1=/) sub(/00$/, "", lines[i]) # a kind's name, with the end of a C string or without
		print lines[i]
	}
	print "--"
}

# " | 00010  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  ................ |"
/^ \| [0-9a-f]+  / {
	pairs = split(substr($0, 11, 49), pair, " ")
	for (i = 1; i <= pairs; i++)
		byte[size++] = 16 * digit(substr(pair[i], 1, 1)) + digit(substr(pair[i], 2, 1))
	next
}

{
	tell()
	size = 0
}

END { tell() }
