// Exceptions: through frames, across a shared object, in threads, rethrown, nested, out of callbacks of C.
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <typeinfo>
#include <vector>

#include "libthrower.h"

struct Trace {
	const char *name;
	explicit Trace(const char *n) : name(n) {}
	~Trace() { std::printf("unwound %s\n", name); }
};

static int deep(int level)
{
	std::unique_ptr<int> memory(new int(level));
	if (level == 0)
		throw std::out_of_range("bottom");
	return deep(level - 1) + *memory;
}

static int compare(const void *, const void *)
{
	throw 42;
}

static void nested()
{
	try {
		try {
			throw std::runtime_error("inner");
		} catch (...) {
			std::throw_with_nested(std::logic_error("outer"));
		}
	} catch (const std::exception &outer) {
		std::printf("%s", outer.what());
		try {
			std::rethrow_if_nested(outer);
		} catch (const std::exception &inner) {
			std::printf(" around %s\n", inner.what());
		}
	}
}

static void rethrow()
{
	try {
		try {
			throw std::string("text");
		} catch (const std::string &s) {
			std::printf("caught %s, on it goes\n", s.c_str());
			throw;
		}
	} catch (std::string &s) {
		std::printf("caught %s again\n", s.c_str());
	}
}

static sigjmp_buf back;

static void fault(int, siginfo_t *, void *)
{
	siglongjmp(back, 1);
}

static void from_a_fault()
{
	struct sigaction action = {};
	action.sa_sigaction = fault;
	action.sa_flags = SA_SIGINFO;
	sigaction(SIGSEGV, &action, nullptr);
	try {
		if (sigsetjmp(back, 1) != 0)
			throw std::runtime_error("a fault turned into an exception");
		*(volatile int *)8 = 1;
	} catch (const std::exception &error) {
		std::printf("%s\n", error.what());
	}
}

int main()
{
	try {
		Trace outer("outer");
		Trace inner("inner");
		deep(50);
	} catch (const std::exception &error) {
		std::printf("%s: %s\n", typeid(error) == typeid(std::out_of_range) ? "out_of_range" : "?", error.what());
	}
	rethrow();
	nested();
	try {
		int numbers[2] = {2, 1};
		std::qsort(numbers, 2, sizeof(int), compare);
	} catch (int number) {
		std::printf("through qsort: %d\n", number);
	}
	try {
		std::vector<int>().at(3);
	} catch (const std::out_of_range &) {
		std::printf("from the library itself\n");
	}
	try {
		volatile std::size_t size = (std::size_t)1 << 62;
		std::unique_ptr<char[]> much(new char[size]);
		much[0] = 1;
		std::printf("not reached %p\n", (void *)much.get());
	} catch (const std::bad_alloc &) {
		std::printf("bad_alloc\n");
	}
	try {
		throw std::system_error(ENOENT, std::generic_category(), "a file");
	} catch (const std::system_error &error) {
		std::printf("%d %s\n", error.code().value(), error.what());
	}
	try {
		std::function<void()> empty;
		empty();
	} catch (const std::bad_function_call &) {
		std::printf("bad_function_call\n");
	}

	std::printf("-- another object\n");
	void *object = dlopen("./libthrower.so", RTLD_NOW);
	if (object == nullptr) {
		std::printf("%s\n", dlerror());
		return 1;
	}
	auto thrower = (void (*)(int))dlsym(object, "throw_it");
	auto catcher = (int (*)(void (*)()))dlsym(object, "catch_it");
	for (int kind = 0; kind < 3; kind++) {
		try {
			Trace trace("around the call");
			thrower(kind);
		} catch (const Own &own) {
			std::printf("Own %d\n", own.number);
		} catch (const std::exception &error) {
			std::printf("std::exception %s\n", error.what());
		} catch (...) {
			std::printf("something else\n");
		}
	}
	std::printf("%d\n", catcher([] { throw Own{7}; }));
	std::printf("%d\n", catcher([] { throw std::runtime_error("seen there"); }));
	dlclose(object);

	std::printf("-- threads\n");
	std::exception_ptr carried;
	std::thread([&] {
		try {
			deep(5);
		} catch (...) {
			carried = std::current_exception();
		}
	}).join();
	try {
		std::rethrow_exception(carried);
	} catch (const std::exception &error) {
		std::printf("carried: %s\n", error.what());
	}
	std::vector<std::thread> crowd;
	int caught[8] = {};
	for (int i = 0; i < 8; i++)
		crowd.emplace_back([&caught, i] {
			for (int n = 0; n < 500; n++)
				try {
					deep(n % 7);
				} catch (const std::out_of_range &) {
					caught[i]++;
				}
		});
	int sum = 0;
	for (int i = 0; i < 8; i++) {
		crowd[i].join();
		sum += caught[i];
	}
	std::printf("%d caught\n", sum);
	from_a_fault();
	std::printf("uncaught: %d\n", std::uncaught_exceptions());
	std::set_terminate([] {
		std::printf("terminate\n");
		std::fflush(stdout);
		_Exit(3);
	});
	throw 1;
}
