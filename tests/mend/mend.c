/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mend LAB STEP [WANT]: prints what would mend the step, one a line: cost, "late" or "start", the change;
 * below it its commands. */
#include <stdio.h>
#include <stdlib.h>

#include "explain/mend.h"
#include "kernel/nft.h"
#include "kernel/packet.h"

static int print(
	const struct mend *mends, size_t count, const struct mend_tally *tally, unsigned long long took)
{
	printf("# %zu changes, %zu tried, %zu mends, %llu ms (%llu, %llu, %llu)%s\n", tally->candidates,
		tally->tried, count, took / 1000000ULL, tally->looking / 1000000ULL,
		tally->trying / 1000000ULL, tally->proving / 1000000ULL,
		tally->late ? ", the time was up" : "");
	for (size_t i = 0; i < count; i++) {
		printf("%u %s %s\n", mends[i].cost, mends[i].late ? "late" : "start", mends[i].text);
		for (size_t j = 0; j < mends[i].line_count; j++)
			printf("\t%s\n", mends[i].lines[j]);
		if (mends[i].also)
			printf("\t# also: %s\n", mends[i].also);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_open();
	struct mend_tally tally;
	struct mending mending = { .budget = 60000000000 }; /* the machine may be busy with other tests */
	struct loop *loop = NULL;
	struct lab *lab = NULL;
	struct mend *mends;
	struct error *error;
	uint64_t began;
	size_t count, number;

	if (argc < 3 || lab_open(argv[1], filter_wrong, nft_wrong, &lab))
		return 2;
	number = strtoul(argv[2], NULL, 10);
	if (!number || number > lab->step_count)
		return 2;
	mending.lab = lab;
	mending.step = &lab->steps[number - 1];
	mending.want = argc > 3 && *argv[3] ? json_loads(argv[3], JSON_DECODE_ANY, NULL) : NULL;
	error = loop_open(&loop);
	if (!error)
		error = loop_catch_signals(loop);
	mending.loop = loop;
	began = loop_now();
	if (!error)
		error = mends_find(arena, &mending, &mends, &count, &tally);
	if (error)
		fprintf(stderr, "mend: %s\n", error->text);
	else
		print(mends, count, &tally, loop_now() - began);
	json_decref((json_t *)mending.want);
	loop_close(loop);
	lab_close(lab);
	arena_close(arena);
	if (!error)
		return 0;
	error_free(error);
	return 3;
}
