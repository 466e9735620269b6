// Thread-local objects: made when first used, destroyed when their thread ends, in the right order.
#include <pthread.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

static void tell(const char *what, const std::string &who)
{
	std::printf("%s %s\n", what, who.c_str());
	std::fflush(stdout);
}

struct Noisy {
	std::string name;
	explicit Noisy(const char *n) : name(n) { tell("made", name); }
	~Noisy() { tell("destroyed", name); }
};

static Noisy global("global");
thread_local Noisy first("first");
thread_local Noisy second("second");
thread_local int untouched = 3;
thread_local std::vector<int> numbers{1, 2, 3};

struct User {
	~User()
	{
		// Still usable: it was made before this one.
		tell("used by a destructor:", first.name);
	}
};

static void work()
{
	tell("begin", std::to_string(untouched));
	first.name += "!";
	thread_local User user;
	(void)&user;
	static thread_local Noisy local("local");
	numbers.push_back(4);
	tell("end", local.name + " " + std::to_string(numbers.size()));
}

static void *with_pthread(void *)
{
	second.name = "second of a pthread";
	pthread_exit(nullptr);
}

int main()
{
	std::atexit([] { tell("at exit", ""); });
	std::thread(work).join();
	tell("--", "");
	std::thread(work).join();
	tell("--", "pthread_exit");
	pthread_t thread;
	pthread_create(&thread, nullptr, with_pthread, nullptr);
	pthread_join(thread, nullptr);
	tell("--", "main");
	work();
	return 0;
}
