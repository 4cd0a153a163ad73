/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was captured, as sightings of packets. */
#ifndef TUNLAB_SIGHTINGS_H
#define TUNLAB_SIGHTINGS_H

#include "explain/evidence.h"

/*
 * Reads SIZE bytes of a capture that tunlab made of LAB (run/capture.h), and the packets from the SINCEth on
 * into EVIDENCE, in the order of their times. Roles are given later. What is neither IP nor ARP is left out.
 */
void sightings_read(struct evidence *evidence, const struct lab *lab, const unsigned char *bytes, size_t size,
	size_t since);

/*
 * Says what each sighting and each drop is to the probe of EVIDENCE's step: its protocol and LOCAL, the port
 * or echo id by which the probe is known (0: nobody knows, and all are noise).
 */
void roles_give(struct evidence *evidence, uint16_t local);

/* The protocol of a probe's packets. */
uint8_t protocol_of_probe(const struct step *step);

/* What the probe would have sent. */
struct flow flow_of_probe(const struct evidence *evidence);

/* Whether both are of the same device or wire end, in the same direction. */
bool sighting_same_place(const struct sighting *one, const struct sighting *other);

/* Whether it left by a device with nothing at its other end: a TUN or TAP that no wire has, or a dummy. */
bool sighting_leads_nowhere(const struct sighting *sighting);

#endif
