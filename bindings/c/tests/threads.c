/* One resolver and one script, asked by several threads at once; errors are
 * each thread's own. And the threads that watch: freed by what they call, and
 * in a child that has none. */
#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#endif

#include "check.h"

#define THREADS 4
#define ROUNDS 200

static whichproxy_resolver *resolver;
static whichproxy_pac *pac;

static void ask(const char *name)
{
    char url[64], expected[64];
    int round;

    snprintf(url, sizeof url, "http://%s.example/", name);
    snprintf(expected, sizeof expected, "PROXY %s.example:1", name);
    for (round = 0; round < ROUNDS; round++) {
        whichproxy_resolution *found = NULL;
        whichproxy_evaluation *said = NULL;

        OK(whichproxy_resolver_resolve(resolver, T(url), &found));
        CHECK(is(whichproxy_resolution_text(found),
                 "PROXY 10.0.0.6:8080; DIRECT"));
        whichproxy_resolution_free(found);
        OK(whichproxy_pac_find_proxy(pac, NULL, T(url), NULL, 0, &said));
        CHECK(is(whichproxy_evaluation_text(said), expected));
        whichproxy_evaluation_free(said);
        CHECK(whichproxy_client_named(T(name), NULL) ==
              WHICHPROXY_NULL_POINTER);
        CHECK(whichproxy_resolver_resolve(resolver, T(name), &found) ==
              WHICHPROXY_BAD_INPUT);
        CHECK(has(whichproxy_last_error(), name));
        if (round % 50 == 0)
            OK(whichproxy_resolver_forget(resolver));
    }
}

#ifdef _WIN32
typedef HANDLE thread;

static DWORD WINAPI begin(void *name)
{
    ask((const char *)name);
    return 0;
}

static thread start(const char *name)
{
    HANDLE started = CreateThread(NULL, 0, begin, (void *)name, 0, NULL);

    CHECK(started != NULL);
    return started;
}

static void wait_for(thread started)
{
    CHECK(WaitForSingleObject(started, INFINITE) == WAIT_OBJECT_0);
    CHECK(CloseHandle(started));
}
#else
typedef pthread_t thread;

static void *begin(void *name)
{
    ask((const char *)name);
    return NULL;
}

static thread start(const char *name)
{
    pthread_t started;

    CHECK(pthread_create(&started, NULL, begin, (void *)name) == 0);
    return started;
}

static void wait_for(thread started)
{
    CHECK(pthread_join(started, NULL) == 0);
}
#endif

/* A watch, and what becomes of it. */
struct watching {
    whichproxy_watch *watch;
    int calls, released;
};

static void frees(void *context, uint32_t change, whichproxy_str fault)
{
    struct watching *own = (struct watching *)context;
    whichproxy_watch *watch;

    CHECK(change == WHICHPROXY_CHANGE_ADDRESSES && is(fault, ""));
    /* It may be called before there is one. */
    do
        watch = __atomic_load_n(&own->watch, __ATOMIC_ACQUIRE);
    while (watch == NULL);
    own->calls++;
    whichproxy_watch_free(watch);
    CHECK(__atomic_load_n(&own->released, __ATOMIC_ACQUIRE) == 0);
}

static void release(void *context)
{
    struct watching *own = (struct watching *)context;

    __atomic_add_fetch(&own->released, 1, __ATOMIC_ACQ_REL);
}

static void watches(void)
{
    static const char REG[] =
        "REGEDIT4\n\n[HKEY_CURRENT_USER\\SOFTWARE\\Microsoft\\Windows\\"
        "CurrentVersion\\Internet Settings]\n"
        "\"AutoConfigURL\"=\"http://pac.example/p.pac\"\n";
    struct watching own = {NULL, 0, 0};
    whichproxy_machine *machine = NULL;
    whichproxy_resolver *had = NULL;
    whichproxy_resolution *found = NULL;
    whichproxy_watch *watch = NULL;

    OK(whichproxy_machine_offline(&machine));
    OK(whichproxy_machine_add_reg(machine, T(REG), NULL, 0));
    OK(whichproxy_machine_add_page(
        machine, T("http://pac.example/p.pac"),
        T("function FindProxyForURL(u, h) { return 'PROXY a:1'; }"), NULL,
        0));
    OK(whichproxy_resolver_new(WHICHPROXY_WINHTTP_AUTO, machine, NULL, 0,
                               NULL, 0, &had));
    whichproxy_machine_free(machine);
    /* Nobody knows where the script is from, and so it is a change. */
    OK(whichproxy_resolver_resolve(had, T("http://a.example/"), &found));
    CHECK(is(whichproxy_resolution_text(found), "PROXY a:1"));
    whichproxy_resolution_free(found);
    OK(whichproxy_resolver_watch(had, frees, &own, release, &watch));
    __atomic_store_n(&own.watch, watch, __ATOMIC_RELEASE);
    while (__atomic_load_n(&own.released, __ATOMIC_ACQUIRE) == 0)
        ;
    CHECK(own.calls == 1);

#ifndef _WIN32
    {
        const struct timespec moment = {0, 200000000};
        int status = 0;
        pid_t child;

        own.released = 0;
        OK(whichproxy_resolver_watch(had, NULL, &own, release, &watch));
        child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            whichproxy_watch_free(watch);
            CHECK(own.released == 0);
            /* What it leaves behind is nobody's concern. */
            kill(getpid(), SIGKILL);
        }
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        /* It goes on here: it would have ended, and released that, by now. */
        nanosleep(&moment, NULL);
        CHECK(__atomic_load_n(&own.released, __ATOMIC_ACQUIRE) == 0);
        whichproxy_watch_free(watch);
        CHECK(own.released == 1);
    }
#endif
    whichproxy_resolver_free(had);
}

int main(void)
{
    static const char REG[] =
        "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\"
        "Windows\\DataCollection]\n"
        "\"TelemetryProxyServer\"=\"10.0.0.6:8080\"\n";
    static const char *const names[THREADS] = {"one", "two", "three", "four"};
    thread threads[THREADS];
    whichproxy_machine *machine = NULL;
    int at;

    OK(whichproxy_machine_offline(&machine));
    OK(whichproxy_machine_add_reg(machine, T(REG), NULL, 0));
    OK(whichproxy_resolver_new(WHICHPROXY_DEFENDER_EDR, machine, NULL, 0,
                               NULL, 0, &resolver));
    whichproxy_machine_free(machine);
    OK(whichproxy_pac_new(T("function FindProxyForURL(u, h) {"
                            " return 'PROXY ' + h + ':1'; }"),
                          WHICHPROXY_THREAD, NULL, 0, 0, &pac));
    for (at = 0; at < THREADS; at++)
        threads[at] = start(names[at]);
    for (at = 0; at < THREADS; at++)
        wait_for(threads[at]);
    whichproxy_pac_free(pac);
    whichproxy_resolver_free(resolver);
    watches();
    puts("threads: as it should be");
    return 0;
}
