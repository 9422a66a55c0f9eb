/* Every function of libproxy.so.1, with good and bad arguments. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the published header declares them. */
typedef struct px_proxy_factory factory;
factory *px_proxy_factory_new(void);
factory *px_proxy_factory_copy(factory *);
char **px_proxy_factory_get_proxies(factory *, const char *);
void px_proxy_factory_free_proxies(char **);
void px_proxy_factory_free(factory *);
size_t px_proxy_factory_get_type(void);

static int faults;

#define IS(what)                                                            \
    do {                                                                    \
        if (!(what)) {                                                      \
            fprintf(stderr, "line %d: %s\n", __LINE__, #what);              \
            faults++;                                                       \
        }                                                                   \
    } while (0)

static int gives(factory *of, const char *url, const char *expected) {
    char joined[1024] = "";
    char **list = px_proxy_factory_get_proxies(of, url);
    char **one;
    if (!list) return expected == NULL;
    for (one = list; *one; one++) {
        if (one != list) strcat(joined, " ");
        strncat(joined, *one, 200);
    }
    px_proxy_factory_free_proxies(list);
    if (expected && strcmp(joined, expected) == 0) return 1;
    fprintf(stderr, "%s: %s\n", url, joined);
    return 0;
}

static void *ask(void *of) {
    int i;
    for (i = 0; i < 50; i++) {
        if (!gives(of, "http://a.example/", "http://p:1")) return of;
    }
    return NULL;
}

int main(void) {
    factory *one = px_proxy_factory_new();
    factory *two;
    char **list;
    pthread_t threads[4];
    int i;
    IS(one != NULL);
    unsetenv("http_proxy");
    unsetenv("HTTP_PROXY");

    /* Nothing is set; then it is, and is changed. */
    IS(gives(one, "http://a.example/", "direct://"));
    setenv("http_proxy", "http://o:1", 1);
    IS(gives(one, "http://a.example/", "http://o:1"));
    setenv("http_proxy", "http://p:1", 1);
    setenv("no_proxy", "b.example", 1);
    IS(gives(one, "https://a.example/", "http://p:1"));
    IS(gives(one, "imap://a.example/", "http://p:1"));
    IS(gives(one, "https://b.example/", "direct://"));
    IS(gives(one, "imap://b.example/", "direct://"));

    /* Bad arguments. */
    IS(gives(one, "", "direct://"));
    IS(gives(one, "nonsense", "direct://"));
    IS(gives(one, "http://", "direct://"));
    IS(gives(one, "http://[::/\xff", "direct://"));
    IS(gives(one, NULL, NULL));
    IS(gives(NULL, "http://a.example/", NULL));
    px_proxy_factory_free_proxies(NULL);
    px_proxy_factory_free(NULL);
    IS(px_proxy_factory_copy(NULL) == NULL);

    /* What is named and not there is an error, and never direct. */
    setenv("WHICHPROXY_REG", "/nowhere.reg", 1);
    IS(gives(one, "http://a.example/", NULL));
    setenv("WHICHPROXY_REG", "relative.reg", 1);
    IS(gives(one, "http://a.example/", NULL));
    unsetenv("WHICHPROXY_REG");
    setenv("WHICHPROXY_CLIENT", "nobody", 1);
    IS(gives(one, "http://a.example/", NULL));
    unsetenv("WHICHPROXY_CLIENT");

    /* Programs of before 0.4.16 free each text. */
    list = px_proxy_factory_get_proxies(one, "http://a.example/");
    IS(list && list[0] && !list[1]);
    free(list[0]);
    free(list);

    /* A copy outlives what it was copied from. */
    two = px_proxy_factory_copy(one);
    IS(two != NULL);
    px_proxy_factory_free(one);
    IS(gives(two, "http://a.example/", "http://p:1"));

    /* From several threads. */
    for (i = 0; i < 4; i++) {
        IS(!pthread_create(&threads[i], NULL, ask, two));
    }
    for (i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        IS(failed == NULL);
    }

    /* GObject's type, without GObject, and with. */
    IS(px_proxy_factory_get_type() == 0);
    if (dlopen("libgobject-2.0.so.0", RTLD_NOW | RTLD_LOCAL)) {
        void *object = dlopen("libgobject-2.0.so.0", RTLD_NOW);
        void *(*copy)(size_t, const void *);
        void (*let_go)(size_t, void *);
        size_t type = px_proxy_factory_get_type();
        IS(type != 0 && type == px_proxy_factory_get_type());
        *(void **)&copy = dlsym(object, "g_boxed_copy");
        *(void **)&let_go = dlsym(object, "g_boxed_free");
        IS(copy && let_go);
        one = copy(type, two);
        IS(one && one != two);
        IS(gives(one, "http://a.example/", "http://p:1"));
        let_go(type, one);
    } else {
        puts("no GObject to ask");
    }
    px_proxy_factory_free(two);
    if (!faults) puts("every function is fine");
    return faults != 0;
}
