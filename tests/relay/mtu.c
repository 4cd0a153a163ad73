/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is longer than an MTU is lost. */
#include "forwarder/impairments/mtu.h"

#include "tests/relay/stage.h"
#include "tests/unit/tap.h"

int main(void)
{
	const uint64_t none[] = { [MTU_BYTES] = 0 }, some[] = { [MTU_BYTES] = 1400 },
		       less[] = { [MTU_BYTES] = 1280 };
	struct stage_test test = stage_open("mtu");
	static const uint8_t bytes[1415] = { 0 };
	struct packet packet = { .bytes = bytes, .length = 1414 };
	struct segment form = { .count = 1, .payload = 1414, .network = 14 };
	struct arrival arrival = { .length = 1414, .network = 14, .packet = &packet, .form = &form };
	struct fate fate = { .copies = 1 };

	tap_is(stage_set(&test, 1, none, 1, NULL, 0), "an MTU of 0", "refused: none at all");
	stage_need(!stage_set(&test, 1, some, 1, NULL, 0), "the settings");
	tap_is(stage_pass(&test, 0, 0, 1400).lost, NULL, "1400 bytes pass");
	tap_is(stage_pass(&test, 1, 0, 1401).lost, "mtu 1400", "1401 do not");
	test.impairment->pass(test.state, &arrival, &fate);
	tap_is(fate.lost, NULL, "an Ethernet header does not count");
	arrival.length++;
	test.impairment->pass(test.state, &arrival, &fate);
	tap_is(fate.lost, "mtu 1400", "what is behind it does");
	stage_need(!stage_set(&test, 1, less, 1, NULL, 0), "the settings");
	tap_is(stage_pass(&test, 2, 0, 1400).lost, "mtu 1280", "another one");
	stage_close(&test);
	return tap_done();
}
