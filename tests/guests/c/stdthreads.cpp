// The C++ library's threads: thread, mutex of every kind, condition_variable, future, async, call_once, atomics.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <future>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

static void futures()
{
	auto sum = [](int from, int to) {
		long total = 0;
		for (int i = from; i < to; i++)
			total += i;
		return total;
	};
	std::vector<std::future<long>> parts;
	for (int i = 0; i < 8; i++)
		parts.push_back(std::async(std::launch::async, sum, i * 1000, (i + 1) * 1000));
	long total = 0;
	for (auto &part : parts)
		total += part.get();
	std::printf("total %ld\n", total);

	std::promise<std::string> promise;
	std::future<std::string> future = promise.get_future();
	std::printf("ready: %d\n", future.wait_for(5ms) == std::future_status::ready);
	std::thread giver([&] { promise.set_value("kept"); });
	std::printf("%s\n", future.get().c_str());
	giver.join();
	auto failing = std::async(std::launch::async, []() -> int { throw std::runtime_error("through a future"); });
	try {
		failing.get();
	} catch (const std::runtime_error &error) {
		std::printf("%s\n", error.what());
	}
	std::future<int> broken;
	{
		std::promise<int> gone;
		broken = gone.get_future();
	}
	try {
		broken.get();
	} catch (const std::future_error &error) {
		std::printf("broken promise: %d\n", error.code() == std::future_errc::broken_promise);
	}
	auto lazy = std::async(std::launch::deferred, [] { return std::this_thread::get_id(); });
	std::printf("deferred runs here: %d\n", lazy.get() == std::this_thread::get_id());
	std::packaged_task<int(int)> task([](int x) { return x * x; });
	auto squared = task.get_future();
	std::thread(std::move(task), 12).join();
	std::printf("%d\n", squared.get());
}

static void mutexes()
{
	std::timed_mutex timed;
	timed.lock();
	bool taken = true;
	std::thread([&] { taken = timed.try_lock_for(10ms); }).join();
	std::printf("timed: %d\n", taken);
	timed.unlock();
	std::recursive_mutex recursive;
	recursive.lock();
	std::printf("recursive: %d\n", recursive.try_lock());
	recursive.unlock();
	recursive.unlock();
	std::shared_mutex shared;
	long value = 0, seen = 0;
	std::vector<std::thread> crowd;
	for (int i = 0; i < 6; i++)
		crowd.emplace_back([&, i] {
			for (int n = 0; n < 500; n++) {
				if (i % 3 == 0) {
					std::unique_lock lock(shared);
					value++;
				} else {
					std::shared_lock lock(shared);
					seen = value >= 0;
				}
			}
		});
	for (auto &thread : crowd)
		thread.join();
	std::printf("shared: %ld %ld\n", value, seen);
	std::mutex a, b;
	long both = 0;
	std::thread one([&] {
		for (int i = 0; i < 1000; i++) {
			std::scoped_lock lock(a, b);
			both++;
		}
	});
	for (int i = 0; i < 1000; i++) {
		std::scoped_lock lock(b, a);
		both++;
	}
	one.join();
	std::printf("scoped: %ld\n", both);
	static std::once_flag once;
	static int onces = 0;
	std::vector<std::thread> callers;
	for (int i = 0; i < 5; i++)
		callers.emplace_back([] { std::call_once(once, [] { onces++; }); });
	for (auto &thread : callers)
		thread.join();
	std::printf("once: %d\n", onces);
}

static void conditions()
{
	std::mutex mutex;
	std::condition_variable condition;
	int turn = 0, rounds = 0;
	std::thread other([&] {
		for (int i = 0; i < 500; i++) {
			std::unique_lock lock(mutex);
			condition.wait(lock, [&] { return turn == 1; });
			turn = 0;
			rounds++;
			condition.notify_one();
		}
	});
	for (int i = 0; i < 500; i++) {
		std::unique_lock lock(mutex);
		condition.wait(lock, [&] { return turn == 0; });
		turn = 1;
		condition.notify_one();
	}
	other.join();
	std::printf("rounds %d\n", rounds);
	std::unique_lock lock(mutex);
	auto before = std::chrono::steady_clock::now();
	std::printf("timed out: %d\n", condition.wait_for(lock, 20ms) == std::cv_status::timeout);
	std::printf("took long enough: %d\n", std::chrono::steady_clock::now() - before >= 20ms);
	std::printf("predicate: %d\n", condition.wait_until(lock, std::chrono::system_clock::now() + 5ms, [] { return false; }));
	std::condition_variable_any any;
	std::shared_mutex shared;
	std::shared_lock reading(shared);
	std::printf("any: %d\n", any.wait_for(reading, 5ms) == std::cv_status::timeout);
}

int main()
{
	std::setvbuf(stdout, nullptr, _IONBF, 0);
	futures();
	mutexes();
	conditions();
	std::printf("processors: %d\n", std::thread::hardware_concurrency() > 0);
	std::atomic<long> counter{0};
	std::vector<std::thread> crowd;
	for (int i = 0; i < 4; i++)
		crowd.emplace_back([&] {
			for (int n = 0; n < 10000; n++)
				counter++;
		});
	for (auto &thread : crowd)
		thread.join();
	std::printf("counter %ld\n", counter.load());
	auto start = std::chrono::steady_clock::now();
	std::this_thread::sleep_for(10ms);
	std::printf("slept: %d\n", std::chrono::steady_clock::now() - start >= 10ms);
	try {
		std::thread().join();
	} catch (const std::system_error &error) {
		std::printf("no thread to join: %d\n", error.code() == std::errc::invalid_argument);
	}
	return 0;
}
