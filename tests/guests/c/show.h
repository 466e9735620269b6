/* How the programs here say what they found: every line is an expression and its value, for the file of expected
 * output beside the program to confirm. */
#ifndef SHOW_H
#define SHOW_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline const char *error_text(int error)
{
	return error == 0 ? "0" : strerror(error);
}

/* A number. */
#define show(expression) \
	printf("%s = %lld\n", #expression, (long long)(expression))

/* A string. */
#define show_text(expression) \
	do { \
		const char *text_ = (expression); \
		printf("%s = %s\n", #expression, text_ == NULL ? "NULL" : text_); \
	} while (0)

/* A call that returns an error number. */
#define gives(expression) \
	printf("%s: %s\n", #expression, error_text(expression))

/* A call that returns -1 and sets errno. */
#define calls(expression) \
	do { \
		errno = 0; \
		long long value_ = (long long)(expression); \
		if (value_ == -1) \
			printf("%s: -1, %s\n", #expression, strerror(errno)); \
		else \
			printf("%s: %lld\n", #expression, value_); \
	} while (0)

/* A call of which nothing is worth telling unless it fails. */
#define must(expression) \
	do { \
		errno = 0; \
		if (!(expression)) { \
			printf("line %d: %s: %s\n", __LINE__, #expression, strerror(errno)); \
			fflush(stdout); \
			_exit(99); \
		} \
	} while (0)

/* Without a buffer: what a child that is forked or killed has said is said once. */
#define say_at_once() setvbuf(stdout, NULL, _IONBF, 0)

#endif
