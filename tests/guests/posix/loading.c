/* Shared objects opened at run time: their symbols, their memory of each thread, what calls back. */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>

#include "say.h"

static int (*next)(void);

int loading_gives(int value) { return value * 10; }

static int counted(struct dl_phdr_info *info, size_t size, void *total)
{
	(void)size;
	if (info->dlpi_name != NULL && strstr(info->dlpi_name, "libadded") != NULL)
		++*(int *)total;
	return 0;
}

static int listed(void)
{
	int total = 0;
	dl_iterate_phdr(counted, &total);
	return total;
}

static void *of_a_thread(void *unused)
{
	(void)unused;
	return (void *)(long)(next() * 100 + next());
}

int main(void)
{
	Dl_info info;
	pthread_t thread;
	void *result;

	say_at_once();
	show(listed());
	show(dlopen("./nothing.so", RTLD_NOW) == NULL);
	show(dlerror() != NULL);
	show(dlerror() == NULL);
	void *object = dlopen("./libadded.so", RTLD_NOW);
	if (object == NULL)
		printf("%s\n", dlerror());
	must(object != NULL);
	show(listed());
	show(*(int *)dlsym(object, "added_number"));
	*(int *)dlsym(object, "added_number") = 12;
	next = (int (*)(void))dlsym(object, "added_next");
	show(next());
	show(next());
	must(pthread_create(&thread, NULL, of_a_thread, NULL) == 0);
	must(pthread_join(thread, &result) == 0);
	show((long)result);
	show(next());
	show(((int (*)(int))dlsym(object, "added_back"))(5));
	show(dlsym(object, "added_nothing") == NULL);
	show(dladdr((void *)next, &info) != 0);
	show_text(info.dli_sname);
	show_text(strrchr(info.dli_fname, '/'));
	void *again = dlopen("./libadded.so", RTLD_LAZY | RTLD_GLOBAL);
	show(again == object);
	show(dlclose(again));
	show(next());
	show(dlclose(object));
	show(listed());
	object = dlopen("./libadded.so", RTLD_NOW | RTLD_GLOBAL);
	must(object != NULL);
	show(dlsym(RTLD_DEFAULT, "added_number") != NULL);
	show(dlsym(RTLD_DEFAULT, "loading_gives") != NULL);
	show(*(int *)dlsym(object, "added_number"));
	return 0;
}
