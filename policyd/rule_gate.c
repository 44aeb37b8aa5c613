/* SPDX-License-Identifier: ISC */
#include "policyd/rule_gate.h"

#include <stdlib.h>

#include "policyd/sieve.h"

static unsigned
count_bits(uint64_t bits)
{
	unsigned n = 0;

	for (; bits != 0; bits &= bits - 1)
		n++;
	return n;
}

/* A rule without conditions lets all through. */
static struct rule_gate
gate_of(const struct rules *rules, const struct rule *rule)
{
	struct rule_gate gate = {.sieve = SIEVE_OPEN};

	for (size_t i = 0; i < rule->n_conditions; i++) {
		const struct condition *c = rules_condition(rules, rule, i);
		uint64_t sieve = sieve_of_condition(c);

		if (count_bits(sieve) < count_bits(gate.sieve))
			gate = (struct rule_gate){sieve, c->place};
	}
	return gate;
}

bool
rule_gate_make_all(struct rules *rules)
{
	rules->gate = calloc(rules->n, sizeof(*rules->gate));
	if (rules->gate == NULL)
		return false;
	for (size_t i = 0; i < rules->n; i++)
		rules->gate[i] = gate_of(rules, &rules->rule[i]);
	return true;
}
