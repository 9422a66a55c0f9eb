/* One resolver and one script, asked by several threads at once; errors are
 * each thread's own. */
#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
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
    puts("threads: as it should be");
    return 0;
}
