/* How the programs here say what they found: every line is an expression and its value. Whoever includes this says how an
 * error is told: error_text(number). */
#ifndef LINES_H
#define LINES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number. */
#define show(expression) printf("%s = %lld\n", #expression, (long long)(expression))

/* A string. */
#define show_text(expression) \
	do { \
		const char *text_ = (expression); \
		printf("%s = %s\n", #expression, text_ == NULL ? "NULL" : text_); \
	} while (0)

/* A call that returns an error number. */
#define gives(expression) printf("%s: %s\n", #expression, error_text(expression))

/* A call that returns -1 and sets errno. */
#define calls(expression) \
	do { \
		errno = 0; \
		long long value_ = (long long)(expression); \
		if (value_ == -1) \
			printf("%s: -1, %s\n", #expression, error_text(errno)); \
		else \
			printf("%s: %lld\n", #expression, value_); \
	} while (0)

/* The same, of whose success only that much is known. */
#define works(expression) \
	do { \
		errno = 0; \
		if ((long long)(expression) == -1) \
			printf("%s: -1, %s\n", #expression, error_text(errno)); \
		else \
			printf("%s: done\n", #expression); \
	} while (0)

/* What the rest needs. */
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
