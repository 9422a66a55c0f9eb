/* Every function of libpacparser.so.1, with good and bad arguments. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the published header declares them. */
typedef int (*printer)(const char *, va_list);
int pacparser_init(void);
int pacparser_parse_pac_file(const char *);
int pacparser_parse_pac_string(const char *);
int pacparser_parse_pac(const char *);
char *pacparser_find_proxy(const char *, const char *);
char *pacparser_just_find_proxy(const char *, const char *, const char *);
void pacparser_cleanup(void);
int pacparser_setmyip(const char *);
void pacparser_set_error_printer(printer);
void pacparser_enable_microsoft_extensions(void);
void pacparser_disable_microsoft_extensions(void);
char *pacparser_version(void);

static char said[4096];

static int keep(const char *format, va_list arguments) {
    return vsnprintf(said, sizeof said, format, arguments);
}

/* A printer that takes an argument all the same is not let down. */
static int careless(const char *format, va_list arguments) {
    const char *argument = va_arg(arguments, const char *);
    (void)format;
    return snprintf(said, sizeof said, "%s", argument ? argument : "none");
}

/* One that calls the library while it is called. */
static int curious(const char *format, va_list arguments) {
    (void)format;
    (void)arguments;
    snprintf(said, sizeof said, "%d", pacparser_init());
    return 0;
}

static int faults;

#define IS(what)                                                            \
    do {                                                                    \
        if (!(what)) {                                                      \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #what, said);   \
            faults++;                                                       \
        }                                                                   \
    } while (0)

static int same(const char *text, const char *expected) {
    return text && strcmp(text, expected) == 0;
}

static int told(const char *part) {
    int found = strstr(said, part) != NULL;
    if (found) said[0] = 0;
    return found;
}

static const char plain[] =
    "function FindProxyForURL(url, host) {\n"
    "  if (host == 'me') return 'PROXY ' + myIpAddress() + ':1';\n"
    "  if (host == 'url') return url;\n"
    "  if (host == 'number') return 5;\n"
    "  if (host == 'throw') throw '100%s%n';\n"
    "  return 'PROXY ' + host + ':80; DIRECT';\n"
    "}\n";

/* Pages of memory that this process has. */
static long pages(void) {
    long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    if (fscanf(file, "%ld %ld", &all, &resident) != 2) resident = 0;
    fclose(file);
    return resident;
}

/* Begins, asks JavaScript and ends, again and again: nothing is left. */
static int grows(int rounds) {
    long before = 0;
    int i;
    for (i = 0; i < rounds; i++) {
        if (i == rounds / 2) before = pages();
        if (!pacparser_init() ||
            !pacparser_parse_pac_string(
                "function FindProxyForURL(u, h) { return eval('h'); }") ||
            !same(pacparser_find_proxy("http://a/", "b"), "b"))
            return 1;
        pacparser_cleanup();
    }
    /* Of 4 KiB: less than 8 MiB. A context alone is more than 1 MiB. */
    if (pages() - before > 2000)
        fprintf(stderr, "%ld pages, then %ld\n", before, pages());
    return pages() - before > 2000;
}

static void *ask(void *number) {
    char host[32], expected[64];
    int i;
    for (i = 0; i < 50; i++) {
        char *found;
        snprintf(host, sizeof host, "h%d-%d", *(int *)number, i % 8);
        snprintf(expected, sizeof expected, "PROXY %s:80; DIRECT", host);
        found = pacparser_find_proxy("http://a/", host);
        if (!same(found, expected)) return number;
    }
    return NULL;
}

int main(int count, char **arguments) {
    const char *folder = count > 1 ? arguments[1] : ".";
    char path[4096], host[32];
    char *first, *found;
    int i;
    pthread_t threads[4];
    int numbers[4] = {0, 1, 2, 3};
    FILE *file;

    snprintf(path, sizeof path, "%s/every_function.pac", folder);
    file = fopen(path, "w");
    if (!file) return 2;
    fputs(plain, file);
    fclose(file);

    pacparser_set_error_printer(keep);
    pacparser_enable_microsoft_extensions();
    pacparser_disable_microsoft_extensions();
    IS(strncmp(pacparser_version(), "whichproxy ", 11) == 0);

    /* Before it begins, and after it ended. */
    pacparser_cleanup();
    IS(!pacparser_find_proxy("http://a/", "a") && told("pacparser_init"));
    IS(!pacparser_parse_pac_string(plain) && told("pacparser_init"));
    IS(!pacparser_parse_pac_file(path) && told("pacparser_init"));

    /* An address may be set first. */
    IS(pacparser_setmyip("9.9.9.9") == 1);
    IS(pacparser_init() == 1 && pacparser_init() == 1);
    IS(!pacparser_find_proxy("http://a/", "a") && told("no script"));
    IS(pacparser_parse_pac_string(plain) == 1);
    IS(same(pacparser_find_proxy("http://a/", "me"), "PROXY 9.9.9.9:1"));
    IS(pacparser_setmyip("1.2.3.4") == 1);
    IS(same(pacparser_find_proxy("http://a/", "me"), "PROXY 1.2.3.4:1"));
    IS(pacparser_setmyip("nonsense") == 0);
    IS(told("`nonsense` is no IP address"));
    IS(same(pacparser_find_proxy("http://a/", "me"), "PROXY 1.2.3.4:1"));
    IS(pacparser_setmyip(NULL) == 1);

    /* Bad arguments. */
    IS(!pacparser_parse_pac_string(NULL) && told("no script"));
    IS(!pacparser_parse_pac_file(NULL) && told("no path"));
    IS(!pacparser_parse_pac(NULL) && told("no path"));
    IS(!pacparser_parse_pac_file("/nowhere/at%20all%n") && told("at%20all%n"));
    IS(!pacparser_parse_pac_file(folder) && told(folder));
    IS(!pacparser_parse_pac_string("var a = ;") && told("line 1"));
    IS(!pacparser_find_proxy(NULL, "a") && told("no URL"));
    IS(!pacparser_find_proxy("http://a/", NULL) && told("no host"));
    IS(!pacparser_find_proxy("", "a") && told("no URL"));
    IS(!pacparser_find_proxy("http://a/", "") && told("no host"));
    IS(!pacparser_find_proxy("http://a/", "a'b") && told("the host contains `'`"));
    IS(!pacparser_just_find_proxy(NULL, "http://a/", "a") && told("no path"));
    IS(!pacparser_just_find_proxy(path, NULL, "a") && told("no URL"));
    IS(!pacparser_just_find_proxy(path, "http://a/", NULL) && told("no host"));
    IS(!pacparser_just_find_proxy("/nowhere", "http://a/", "a"));
    IS(told("/nowhere"));

    /* The script is still there; its faults are told. */
    IS(same(pacparser_find_proxy("http://a/'b'", "url"), "http://a/%27b%27"));
    IS(!pacparser_find_proxy("http://a/", "number") && told("number"));
    IS(!pacparser_find_proxy("http://a/", "throw") && told("100%s%n"));
    IS(same(pacparser_find_proxy("http://a/", "\xff"),
            "PROXY \xef\xbf\xbd:80; DIRECT"));

    /* Texts of before stay. */
    first = pacparser_find_proxy("http://a/", "first");
    for (i = 0; i < 200; i++) {
        snprintf(host, sizeof host, "other%d", i);
        IS(pacparser_find_proxy("http://a/", host) != NULL);
    }
    IS(same(first, "PROXY first:80; DIRECT"));
    IS(pacparser_find_proxy("http://a/", "first") == first);
    for (i = 0; i < 1000; i++) {
        snprintf(host, sizeof host, "more%d", i);
        IS(pacparser_find_proxy("http://a/", host) != NULL);
    }

    /* Scripts of which one helps the other; then a new one. */
    IS(pacparser_parse_pac_string("function h() { return 'DIRECT'; }"));
    IS(same(pacparser_find_proxy("http://a/", "a"), "PROXY a:80; DIRECT"));
    IS(pacparser_parse_pac_string(
        "function FindProxyForURL(u, host) { return 'PROXY new:1'; }"));
    IS(same(pacparser_find_proxy("http://a/", "a"), "PROXY new:1"));
    pacparser_cleanup();
    pacparser_cleanup();
    IS(pacparser_init());
    IS(pacparser_parse_pac_string("function h() { return 'DIRECT'; }"));
    IS(pacparser_parse_pac_string(
        "function FindProxyForURL(u, host) { return h(); }"));
    IS(same(pacparser_find_proxy("http://a/", "a"), "DIRECT"));

    /* All at once; what was begun stays as it is, and else nothing is left. */
    found = pacparser_just_find_proxy(path, "http://a/", "b");
    IS(same(found, "PROXY b:80; DIRECT"));
    free(found);
    IS(same(pacparser_find_proxy("http://a/", "a"), "DIRECT"));
    pacparser_cleanup();
    found = pacparser_just_find_proxy(path, "http://a/", "b");
    IS(same(found, "PROXY b:80; DIRECT"));
    free(found);
    IS(!pacparser_find_proxy("http://a/", "a") && told("pacparser_init"));

    /* Other printers. */
    pacparser_set_error_printer(careless);
    IS(!pacparser_find_proxy("http://a/", "a") && told("none"));
    pacparser_set_error_printer(curious);
    IS(!pacparser_find_proxy("http://a/", "a") && told("1"));
    pacparser_set_error_printer(NULL);
    IS(!pacparser_find_proxy("http://a/", "a"));

    /* From several threads. */
    IS(pacparser_parse_pac(path));
    for (i = 0; i < 4; i++) {
        IS(!pthread_create(&threads[i], NULL, ask, &numbers[i]));
    }
    for (i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        IS(failed == NULL);
    }
    pacparser_cleanup();
    IS(!grows(count > 2 ? atoi(arguments[2]) : 100));
    remove(path);
    if (!faults) puts("every function is fine");
    return faults != 0;
}
