/* How the programs here say what they found, for the file of expected output beside the program to confirm: errors in the
 * words of the C library. */
#ifndef SHOW_H
#define SHOW_H

#include "../posix/lines.h"

static inline const char *error_text(int error)
{
	return error == 0 ? "0" : strerror(error);
}

#endif
