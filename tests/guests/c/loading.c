/* Shared objects: dlopen, symbols, constructors and destructors, thread-local data, what is loaded where. */
#include <sys/types.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>

#include "show.h"

typedef int number_of(void);
static number_of *value, *next;

static void *in_thread(void *unused)
{
	(void)unused;
	int first = next();
	int second = next();
	return (void *)(long)(first * 1000 + second);
}

static int see(struct dl_phdr_info *info, size_t size, void *seen)
{
	const char *name = strrchr(info->dlpi_name, '/');
	must(size >= sizeof(*info));
	if (name != NULL && strcmp(name, "/libloaded.so") == 0) {
		*(int *)seen = 1;
		for (int i = 0; i < info->dlpi_phnum; i++)
			if (info->dlpi_phdr[i].p_type == PT_TLS)
				*(int *)seen = 2;
	}
	return 0;
}

static int listed(void)
{
	int seen = 0;
	dl_iterate_phdr(see, &seen);
	return seen;
}

int loading_calls_back(int number)
{
	return number + 100;
}

int main(void)
{
	void *object, *again;
	pthread_t thread;
	void *result;
	Dl_info info;
	struct link_map *map;

	say_at_once();
	show(listed());
	show(dlopen("./libmissing.so", RTLD_NOW) == NULL);
	show(dlerror() != NULL);
	show(dlerror() == NULL);
	object = dlopen("./libloaded.so", RTLD_NOW);
	if (object == NULL)
		printf("%s\n", dlerror());
	must(object != NULL);
	show(listed());
	must((value = (number_of *)dlsym(object, "loaded_value")) != NULL);
	must((next = (number_of *)dlfunc(object, "loaded_next")) != NULL);
	show(value());
	show(next());
	show(next());
	must(pthread_create(&thread, NULL, in_thread, NULL) == 0);
	must(pthread_join(thread, &result) == 0);
	show((long)result);
	show(next());
	show(dlsym(object, "loaded_nothing") == NULL);
	show(dlerror() != NULL);
	show_text(*(char **)dlsym(object, "loaded_text"));
	show(((int (*)(int))dlsym(object, "loaded_back"))(5));

	show(dladdr((void *)value, &info));
	show_text(info.dli_sname);
	show_text(strrchr(info.dli_fname, '/'));
	show(info.dli_saddr == (void *)value);
	show(dlinfo(object, RTLD_DI_LINKMAP, &map));
	show_text(strrchr(map->l_name, '/'));
	show(map->l_addr != 0);

	again = dlopen("./libloaded.so", RTLD_LAZY | RTLD_NOLOAD);
	show(again == object);
	show(dlclose(again));
	show(value());
	printf("closing\n");
	show(dlclose(object));
	show(listed());
	show(dlclose(object));
	show(dlerror() != NULL);

	printf("again\n");
	object = dlopen("./libloaded.so", RTLD_LAZY | RTLD_GLOBAL);
	must(object != NULL);
	show(dlsym(RTLD_DEFAULT, "loaded_value") != NULL);
	next = (number_of *)dlsym(RTLD_DEFAULT, "loaded_next");
	show(next());
	show(dlsym(RTLD_DEFAULT, "strlen") != NULL);
	show(dlsym(RTLD_NEXT, "strlen") != NULL);
	show(dlsym(RTLD_SELF, "loading_calls_back") != NULL);
	object = dlopen("libz.so.6", RTLD_LAZY);
	show(object != NULL);
	show_text(((const char *(*)(void))dlsym(object, "zlibVersion"))() != NULL ? "has a version" : "none");
	show(dlclose(object));
	/* What stays open is closed at the end. */
	return 0;
}
