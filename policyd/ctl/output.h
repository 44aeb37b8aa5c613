/* SPDX-License-Identifier: ISC */
/*
 * output - the end of what goes to standard output
 */
#ifndef CTL_OUTPUT_H
#define CTL_OUTPUT_H

/*
 * Flushes standard output. exit_code when all of it was written, or its reader
 * has gone: he has seen what he wanted. Else 74, and what is wrong is printed.
 */
int output_end(int exit_code);

#endif
