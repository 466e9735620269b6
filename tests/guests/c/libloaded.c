/* The object that loading.c opens. */
#include <stdio.h>

extern int loading_calls_back(int number);

int loaded_counter = 10;
const char *loaded_text = "text in the object";
static __thread int own = 1;
static __thread char room[3000] = { 1 };

__attribute__((constructor)) static void begin(void)
{
	printf("constructor\n");
	loaded_counter++;
}

__attribute__((destructor)) static void end(void)
{
	printf("destructor, %d\n", loaded_counter);
}

int loaded_value(void)
{
	return loaded_counter;
}

int loaded_next(void)
{
	room[own]++;
	return own++;
}

int loaded_back(int number)
{
	return loading_calls_back(number);
}
