/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <sysexits.h>

#include "hdrcheck/base/json.h"
#include "policyd/ctl/check_private.h"
#include "policyd/ctl/put.h"
#include "policyd/ctl/text.h"

enum { OUTPUT_MAX = 32 * 1024 * 1024 /* bytes of all that is printed */ };

static bool
put_json(struct buf *out, const struct finding *f)
{
	struct json j;

	json_open(&j, out);
	json_string(&j, "name", span_str(finding_name(f->kind)));
	json_string(&j, "severity",
	    span_str(finding_is_error(f->kind) ? "error" : "warning"));
	json_string(&j, "text", buf_span(&f->text));
	json_string_or_null(&j, "mend", finding_command(f));
	return json_close(&j) && put_string(out, "\n");
}

static bool
put_finding(struct buf *out, const struct finding *f)
{
	struct span command = finding_command(f);

	return put_format(out,
		   "%s %s: ", finding_is_error(f->kind) ? "ERROR  " : "warning",
		   finding_name(f->kind)) &&
	    text_put(out, buf_span(&f->text), 0, false) &&
	    put_string(out, "\n") &&
	    (command.len == 0 ||
		(put_string(out, "        mend: ") &&
		    text_put(out, command, 0, false) && put_string(out, "\n")));
}

/* Errors first. */
static bool
put_findings(
    struct buf *out, const struct findings *findings, bool json, size_t n[2])
{
	bool ok = true;

	for (int error = 1; error >= 0; error--) {
		for (size_t i = 0; ok && i < findings->n; i++) {
			const struct finding *f = &findings->finding[i];

			if (finding_is_error(f->kind) != (error == 1))
				continue;
			n[error]++;
			ok = json ? put_json(out, f) : put_finding(out, f);
		}
	}
	return ok;
}

static bool
put_fine(struct buf *out, const struct findings *findings)
{
	bool ok = true;

	for (size_t i = 0; ok && i < findings->n_fine; i++)
		ok = put_string(out, "ok      ") &&
		    text_put(out, buf_span(&findings->fine[i]), 0, false) &&
		    put_string(out, "\n");
	return ok;
}

static bool
put_sum(struct buf *out, const size_t n[2])
{
	if (n[0] + n[1] == 0)
		return put_string(out, "all well\n");
	return put_count(out, n[1], "error") && put_string(out, ", ") &&
	    put_count(out, n[0], "warning") && put_string(out, "\n");
}

int
check_print(const struct check_run *run)
{
	const struct findings *findings = &run->findings;
	size_t n[2] = {0, 0}; /* warnings, errors */
	struct buf out;
	struct span all;
	bool ok;

	buf_init(&out, OUTPUT_MAX);
	ok = put_findings(&out, findings, run->json, n);
	if (ok && !run->json)
		ok = put_fine(&out, findings) && put_sum(&out, n);
	all = buf_span(&out);
	fwrite(all.data, 1, all.len, stdout);
	buf_free(&out);
	return ok ? findings_exit_code(findings) : EX_SOFTWARE;
}
