/* whichproxy: which proxy will this client use for this URL, and why?
 *
 * Every function that can fail returns a status; whichproxy_last_error() says
 * in words what was wrong. What a function gives by a pointer is written only
 * where it returns WHICHPROXY_OK. A null pointer where none may be is the
 * status WHICHPROXY_NULL_POINTER. Texts go in as a pointer to bytes and their
 * number, and need no zero at their end; UTF-8 where they are text. Paths
 * are text, too: UTF-8 on Windows as elsewhere, whatever its code page is.
 *
 * What a function makes by 'out' is the caller's, to be given to the function
 * of its type whose name ends in '_free', once; those take null, too. A
 * whichproxy_str belongs to what it came from: it is valid as long as that,
 * and is not changed.
 *
 * Threads: every function may be called from any thread. Objects may be
 * handed from one to another. Those that functions take as 'const' may be used
 * by several threads at once; the others by one at a time. An object is freed
 * when no other thread uses it. In a child of fork(), without exec(), the
 * functions whose names end in '_many' may wait for threads that are not there.
 */

#ifndef WHICHPROXY_H
#define WHICHPROXY_H

/* Made by 'cargo xtask header' of bindings/c/src: change it there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 How a call went.

 More may come: what is none of these is a failure, too.
 */
typedef enum {
    /*
     Well.
     */
    WHICHPROXY_OK = 0,
    /*
     A pointer is null that may not be.
     */
    WHICHPROXY_NULL_POINTER = 1,
    /*
     Bytes that have to be text are no UTF-8.
     */
    WHICHPROXY_NOT_UTF8 = 2,
    /*
     A number stands for nothing, or is beyond the end of a list.
     */
    WHICHPROXY_OUT_OF_RANGE = 3,
    /*
     Something else that was handed over is no use: a name, an address, a
     time, a registry export, a URL.
     */
    WHICHPROXY_BAD_INPUT = 4,
    /*
     The client itself would report a failure.
     */
    WHICHPROXY_FAILED = 5,
    /*
     The script is none, or failed.
     */
    WHICHPROXY_SCRIPT_FAILED = 6,
    /*
     There is nothing left to try.
     */
    WHICHPROXY_NOTHING_LEFT = 7,
    /*
     A fault in whichproxy. What was used by the call may be freed, and
     used for nothing else.
     */
    WHICHPROXY_FAULT = 8,
    /*
     The system refuses something: a thread, or to be listened to.
     */
    WHICHPROXY_SYSTEM = 9,
} whichproxy_status;

/*
 Of what kind a route is.
 */
typedef enum {
    /*
     No proxy, because none applies.
     */
    WHICHPROXY_DIRECT = 0,
    /*
     No proxy, because a bypass list names the host.
     */
    WHICHPROXY_BYPASS = 1,
    /*
     Through a proxy.
     */
    WHICHPROXY_PROXY = 2,
} whichproxy_route_kind;

/*
 What of a machine has changed.
 */
typedef enum {
    /*
     Values of its registry.
     */
    WHICHPROXY_CHANGE_REGISTRY = 0,
    /*
     Its own addresses, or the suffixes of names.
     */
    WHICHPROXY_CHANGE_ADDRESSES = 1,
    /*
     None: something could not be read or listened to.
     */
    WHICHPROXY_CHANGE_FAULT = 2,
} whichproxy_change;

/*
 Who asks.
 */
typedef enum {
    /*
     WinHTTP, the static proxy of netsh only.
     */
    WHICHPROXY_WINHTTP = 0,
    /*
     WinHTTP in automatic mode.
     */
    WHICHPROXY_WINHTTP_AUTO = 1,
    /*
     WinINET, as browsers use it.
     */
    WHICHPROXY_WININET = 2,
    /*
     Defender for Endpoint's EDR sensor.
     */
    WHICHPROXY_DEFENDER_EDR = 3,
    /*
     Defender Antivirus.
     */
    WHICHPROXY_DEFENDER_AV = 4,
    /*
     'HTTPS_PROXY' and its kin, as curl has it.
     */
    WHICHPROXY_ENVIRONMENT = 5,
} whichproxy_client;

/*
 How a route failed.
 */
typedef enum {
    /*
     Its name has no address.
     */
    WHICHPROXY_UNRESOLVED = 0,
    /*
     It refused the connection.
     */
    WHICHPROXY_REFUSED = 1,
    /*
     There is no way to it.
     */
    WHICHPROXY_UNREACHABLE = 2,
    /*
     It took too long.
     */
    WHICHPROXY_TIMED_OUT = 3,
    /*
     It ended the connection.
     */
    WHICHPROXY_RESET = 4,
    /*
     TLS with it failed.
     */
    WHICHPROXY_TLS = 5,
    /*
     It answered with a status of HTTP, which is given beside this.
     */
    WHICHPROXY_ANSWERED = 6,
    /*
     Something else.
     */
    WHICHPROXY_OTHER_FAILURE = 7,
} whichproxy_failure;

/*
 Where scripts run that have to run as JavaScript, which few do.
 */
typedef enum {
    /*
     On threads of this process: the time is bounded, the memory is not.
     */
    WHICHPROXY_THREAD = 0,
    /*
     In processes of this program, whose 'main' begins with
     whichproxy_serve_if_asked(): time and memory are bounded, and a script
     can reach nothing.
     */
    WHICHPROXY_WORKER = 1,
    /*
     The same, in processes of another program, which is named: the
     'whichproxy' command of this same version.
     */
    WHICHPROXY_WORKER_AT = 2,
} whichproxy_isolation;

/*
 Where a whichproxy_lookup puts addresses.
 */
typedef struct whichproxy_answer whichproxy_answer;

/*
 Routes that are being tried, by one thread at a time.
 */
typedef struct whichproxy_attempt whichproxy_attempt;

/*
 What was made of failures so far, by a client's own rules: which proxies
 are put aside, and how long. To be kept beside a resolver.

 It is const, and may be used by several threads at once.
 */
typedef struct whichproxy_attempts whichproxy_attempts;

/*
 A bypass list, ready to be asked. It does not change.
 */
typedef struct whichproxy_bypass whichproxy_bypass;

/*
 What a script said of a URL. It does not change.
 */
typedef struct whichproxy_evaluation whichproxy_evaluation;

/*
 What is asked about proxies: registry, names, pages and so on.

 It is made and then changed by one thread; resolvers copy it.
 */
typedef struct whichproxy_machine whichproxy_machine;

/*
 A PAC script, ready to be asked. It does not change.
 */
typedef struct whichproxy_pac whichproxy_pac;

/*
 What a client would try for a URL. It does not change.
 */
typedef struct whichproxy_resolution whichproxy_resolution;

/*
 A client on a machine, whose questions it answers.

 It remembers scripts, addresses of scripts and answers, as far as they
 hold.
 */
typedef struct whichproxy_resolver whichproxy_resolver;

/*
 A text of its own.
 */
typedef struct whichproxy_text whichproxy_text;

/*
 A thread that watches this computer, and tells a resolver what has
 changed, until it is freed.
 */
typedef struct whichproxy_watch whichproxy_watch;

/*
 A text that is lent: 'len' bytes of UTF-8 at 'data', without a zero at
 their end. 'data' is never null.
 */
typedef struct {
    /*
     Where it begins.
     */
    const char *data;
    /*
     How many bytes it has.
     */
    size_t len;
} whichproxy_str;

/*
 One thing to try for a URL.

 The texts belong to what the route is of.
 */
typedef struct {
    /*
     Of what kind it is.
     */
    whichproxy_route_kind kind;
    /*
     The proxy's port; 0 without one.
     */
    uint16_t port;
    /*
     How the proxy is spoken to: 'http', 'https', 'socks4' or 'socks5';
     empty without one.
     */
    whichproxy_str scheme;
    /*
     The proxy's host, an IPv6 address without brackets; empty without
     one.
     */
    whichproxy_str host;
    /*
     The user name for the proxy; empty where there is none.
     */
    whichproxy_str user;
    /*
     The password for it; empty where there is none.
     */
    whichproxy_str password;
} whichproxy_route;

/*
 Who is asked for the addresses of a name: 0 where it knows, and has given
 them by whichproxy_add_address() (none, where there is no such name);
 something else where it can't be asked.

 'family' is 4, 6, or 0 for both. It is called from whichever thread asks a
 question, from several at once; 'answer' is valid until it returns. It may
 not throw.
 */
typedef int32_t (*whichproxy_lookup)(void *context,
                                     whichproxy_str name,
                                     uint32_t family,
                                     whichproxy_answer *answer);

/*
 Told that a context is used no more, once, by whichever thread used it
 last. It may not throw.
 */
typedef void (*whichproxy_release)(void *context);

/*
 Told of each change that a resolver goes by from now on, a
 whichproxy_change, with an empty 'fault'; or of what could not be read or
 listened to, by WHICHPROXY_CHANGE_FAULT, once, though it is tried again
 every five seconds. 'fault' is lent for the call.

 It may be called before whichproxy_resolver_watch() has returned. It may
 free the watch; then it is not called again, and its context goes with
 'release', after it has returned.
 */
typedef void (*whichproxy_told)(void *context,
                                uint32_t change,
                                whichproxy_str fault);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Makes the attempts of a resolver's client.

 Asks of the caller:

 'resolver' is null or one that nobody changes; 'out' is null or may be
 written.
 */
whichproxy_status whichproxy_attempts_new(const whichproxy_resolver *resolver,
                                          whichproxy_attempts **out);

/*
 Begins to try the routes of a resolution.

 Asks of the caller:

 'attempts' and 'resolution' are null or were not freed; 'out' is null or
 may be written.
 */
whichproxy_status whichproxy_attempts_begin(const whichproxy_attempts *attempts,
                                            const whichproxy_resolution *resolution,
                                            whichproxy_attempt **out);

/*
 The route to be tried now; WHICHPROXY_NOTHING_LEFT where there is none.

 Its texts are valid until the attempt is changed or freed.

 Asks of the caller:

 'attempt' is null or one that nobody changes; 'out' is null or may be
 written.
 */
whichproxy_status whichproxy_attempt_route(const whichproxy_attempt *attempt,
                                           whichproxy_route *out);

/*
 Tells that the route failed, and how: a whichproxy_failure, and for
 WHICHPROXY_ANSWERED the status of HTTP; else that is not looked at.

 'out' says whether the client moves on to the next route; where it does
 not, there is none left. It may be null.

 Asks of the caller:

 'attempt' is null or one that nobody else uses; 'out' is null or may be
 written.
 */
whichproxy_status whichproxy_attempt_failed(whichproxy_attempt *attempt,
                                            uint32_t failure,
                                            uint16_t http_status,
                                            bool *out);

/*
 Tells that the route worked, which is remembered.

 Asks of the caller:

 'attempt' is null or one that nobody changes.
 */
whichproxy_status whichproxy_attempt_worked(const whichproxy_attempt *attempt);

/*
 Frees attempts.

 Asks of the caller:

 'attempts' is null or was not freed.
 */
void whichproxy_attempts_free(whichproxy_attempts *attempts);

/*
 Frees an attempt.

 Asks of the caller:

 'attempt' is null or was not freed.
 */
void whichproxy_attempt_free(whichproxy_attempt *attempt);

/*
 Reads a bypass list by the rules of 'profile': 'curl', 'defender-av',
 'winhttp' or 'wininet'. Any text is one; whichproxy_bypass_explain() says
 what is odd about it.

 Asks of the caller:

 'list' is null or has 'len' bytes, and 'profile' 'profile_len'; 'out' is
 null or may be written.
 */
whichproxy_status whichproxy_bypass_new(const uint8_t *list,
                                        size_t len,
                                        const uint8_t *profile,
                                        size_t profile_len,
                                        whichproxy_bypass **out);

/*
 Whether a list sends a URL direct.

 Asks of the caller:

 'list' is null or was not freed; 'url' is null or has 'len' bytes; 'out'
 is null or may be written.
 */
whichproxy_status whichproxy_bypass_matches(const whichproxy_bypass *list,
                                            const uint8_t *url,
                                            size_t len,
                                            bool *out);

/*
 What a list says of a URL, in JSON: 'bypassed', by which 'entry', its
 'source' and 'evidence', and the 'oddities' of the list.

 Asks of the caller:

 As whichproxy_bypass_matches().
 */
whichproxy_status whichproxy_bypass_explain(const whichproxy_bypass *list,
                                            const uint8_t *url,
                                            size_t len,
                                            whichproxy_text **out);

/*
 Frees a list.

 Asks of the caller:

 'list' is null or was not freed.
 */
void whichproxy_bypass_free(whichproxy_bypass *list);

/*
 What a proxy list such as 'http=a:80;b:81' has for URLs of a scheme, in
 JSON: 'proxies', as elements of a PAC string, and the 'oddities' of the
 list. 'dialect' says whose keys count, 'winhttp' or 'wininet'.

 Asks of the caller:

 'list' is null or has 'len' bytes, 'dialect' 'dialect_len' and 'scheme'
 'scheme_len'; 'out' is null or may be written.
 */
whichproxy_status whichproxy_proxies_explain(const uint8_t *list,
                                             size_t len,
                                             const uint8_t *dialect,
                                             size_t dialect_len,
                                             const uint8_t *scheme,
                                             size_t scheme_len,
                                             whichproxy_text **out);

/*
 Makes a machine that has nothing and asks nobody.

 Asks of the caller:

 'out' is null or may be written.
 */
whichproxy_status whichproxy_machine_offline(whichproxy_machine **out);

/*
 Makes this very machine: its clock, names, interfaces, web and
 environment; on Windows its registry, too.

 Asks of the caller:

 'out' is null or may be written.
 */
whichproxy_status whichproxy_machine_live(whichproxy_machine **out);

/*
 Makes a machine that answers as the recorded one did, of what
 'whichproxy record' wrote.

 Asks of the caller:

 'recording' is null or has 'len' bytes; 'out' is null or may be written.
 */
whichproxy_status whichproxy_machine_recorded(const uint8_t *recording,
                                              size_t len,
                                              whichproxy_machine **out);

/*
 Applies a registry export after those that were given before. With the
 first, the machine has the registry of exports alone.

 'export_' has the bytes of a '.reg' file, in UTF-8 or UTF-16; 'name' is
 what it is called where a value is explained, and may be null.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'export_' is null or has
 'len' bytes, and 'name' 'name_len'.
 */
whichproxy_status whichproxy_machine_add_reg(whichproxy_machine *machine,
                                             const uint8_t *export_,
                                             size_t len,
                                             const uint8_t *name,
                                             size_t name_len);

/*
 Sets an environment variable.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'name' is null or has
 'name_len' bytes, and 'value' 'len'.
 */
whichproxy_status whichproxy_machine_set_env(whichproxy_machine *machine,
                                             const uint8_t *name,
                                             size_t name_len,
                                             const uint8_t *value,
                                             size_t len);

/*
 Gives a name one more address; with 'address' null, a name that is known
 to have none. With the first, the machine resolves such names alone.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'name' is null or has
 'name_len' bytes, and 'address' 'len'.
 */
whichproxy_status whichproxy_machine_add_name(whichproxy_machine *machine,
                                              const uint8_t *name,
                                              size_t name_len,
                                              const uint8_t *address,
                                              size_t len);

/*
 Adds an address to an answer. One of another family than was asked for is
 left out.

 Asks of the caller:

 'answer' is null, or what a whichproxy_lookup was given and has not
 returned; 'address' is null or has 'len' bytes.
 */
whichproxy_status whichproxy_add_address(whichproxy_answer *answer,
                                         const uint8_t *address,
                                         size_t len);

/*
 Sets who is asked for names, but for those of
 whichproxy_machine_add_name(), with which nobody is.

 It may be called with 'context' until 'release' is, which may be after
 the machine and the resolvers that were made with it are freed: work of
 theirs may go on for a while. 'release' may be null. Where this call fails,
 neither is called.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'lookup' and 'release' are
 null or functions that may be called with 'context' as their types say.
 */
whichproxy_status whichproxy_machine_set_lookup(whichproxy_machine *machine,
                                                whichproxy_lookup lookup,
                                                void *context,
                                                whichproxy_release release);

/*
 Puts a page at a URL. With the first, the machine fetches such pages
 alone.

 'content_type' is the header of this name, and may be null.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'url' is null or has
 'url_len' bytes, 'body' 'len' and 'content_type' 'type_len'.
 */
whichproxy_status whichproxy_machine_add_page(whichproxy_machine *machine,
                                              const uint8_t *url,
                                              size_t url_len,
                                              const uint8_t *body,
                                              size_t len,
                                              const uint8_t *content_type,
                                              size_t type_len);

/*
 Sets what DHCP offers as option 252; null, that it offers none.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'option' is null or has
 'len' bytes.
 */
whichproxy_status whichproxy_machine_set_wpad_option(whichproxy_machine *machine,
                                                     const uint8_t *option,
                                                     size_t len);

/*
 Adds one of the machine's own addresses. With the first address or
 suffix, the machine has such alone.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'address' is null or has
 'len' bytes.
 */
whichproxy_status whichproxy_machine_add_own_address(whichproxy_machine *machine,
                                                     const uint8_t *address,
                                                     size_t len);

/*
 Sets the primary DNS suffix; null, that there is none.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'suffix' is null or has
 'len' bytes.
 */
whichproxy_status whichproxy_machine_set_domain(whichproxy_machine *machine,
                                                const uint8_t *suffix,
                                                size_t len);

/*
 Adds a suffix to the end of the search list.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'suffix' is null or has
 'len' bytes.
 */
whichproxy_status whichproxy_machine_add_search(whichproxy_machine *machine,
                                                const uint8_t *suffix,
                                                size_t len);

/*
 Stops the clock at a time with its zone's offset, such as
 '2026-11-22T09:30:00+01:00'.

 Asks of the caller:

 'machine' is null or one that nobody else uses; 'now' is null or has
 'len' bytes.
 */
whichproxy_status whichproxy_machine_set_now(whichproxy_machine *machine,
                                             const uint8_t *now,
                                             size_t len);

/*
 The settings that bear on proxies, each with the place that says so, and
 what is odd about them, as the JSON object that 'whichproxy settings'
 prints.

 They are those of 'client' (a whichproxy_client), or of the account whose
 security identifier is 'user', which may be null.

 Asks of the caller:

 'machine' is null or one that nobody changes; 'user' is null or has
 'user_len' bytes; 'out' is null or may be written.
 */
whichproxy_status whichproxy_machine_settings(const whichproxy_machine *machine,
                                              uint32_t client,
                                              const uint8_t *user,
                                              size_t user_len,
                                              whichproxy_text **out);

/*
 Every plan that the sources allow for 'client', the best founded first:
 the JSON objects that 'whichproxy plan --all-readings' prints, one a
 line.

 Asks of the caller:

 As whichproxy_machine_settings().
 */
whichproxy_status whichproxy_machine_plans(const whichproxy_machine *machine,
                                           uint32_t client,
                                           const uint8_t *user,
                                           size_t user_len,
                                           whichproxy_text **out);

/*
 Frees a machine. Resolvers that were made with it stay.

 Asks of the caller:

 'machine' is null or was not freed.
 */
void whichproxy_machine_free(whichproxy_machine *machine);

/*
 Reads a PAC script, of so many bytes: in UTF-8, or as a mark at its
 beginning says.

 'isolation' is a whichproxy_isolation, 'path' the program of
 WHICHPROXY_WORKER_AT, else null. 'milliseconds' bounds the time of an
 answer, and of reading; 0 is WinHTTP's limit.

 Asks of the caller:

 'source' is null or has 'len' bytes, and 'path' 'path_len'; 'out' is null
 or may be written.
 */
whichproxy_status whichproxy_pac_new(const uint8_t *source,
                                     size_t len,
                                     uint32_t isolation,
                                     const uint8_t *path,
                                     size_t path_len,
                                     uint64_t milliseconds,
                                     whichproxy_pac **out);

/*
 How it is carried out: 'constant', 'table', 'compiled' or 'js'. Empty of
 null.

 Asks of the caller:

 'pac' is null or was not freed.
 */
whichproxy_str whichproxy_pac_strategy(const whichproxy_pac *pac);

/*
 Why it is carried out no better, one reason a line, with its place. Empty
 of null.

 Asks of the caller:

 'pac' is null or was not freed.
 */
whichproxy_str whichproxy_pac_refusals(const whichproxy_pac *pac);

/*
 What its answers depend on, with blanks between: 'scheme', 'host',
 'port', 'path', 'dns', 'own_addresses', 'clock'. Empty of null.

 Asks of the caller:

 'pac' is null or was not freed.
 */
whichproxy_str whichproxy_pac_depends_on(const whichproxy_pac *pac);

/*
 Asks a script about a URL. 'machine' tells it what else it asks; null is
 one that has nothing.

 'host' is null, or what the script is told of the host in place of the
 URL's; then the URL is handed over as it is, too.

 Asks of the caller:

 'pac' is null or was not freed; 'machine' is null or one that nobody
 changes; 'url' is null or has 'len' bytes, and 'host' 'host_len'; 'out'
 is null or may be written.
 */
whichproxy_status whichproxy_pac_find_proxy(const whichproxy_pac *pac,
                                            const whichproxy_machine *machine,
                                            const uint8_t *url,
                                            size_t len,
                                            const uint8_t *host,
                                            size_t host_len,
                                            whichproxy_evaluation **out);

/*
 Asks a script about many URLs, on all cores; as
 whichproxy_pac_find_proxy() and whichproxy_resolver_resolve_many().

 Asks of the caller:

 As those.
 */
whichproxy_status whichproxy_pac_find_proxy_many(const whichproxy_pac *pac,
                                                 const whichproxy_machine *machine,
                                                 const whichproxy_str *urls,
                                                 size_t count,
                                                 whichproxy_evaluation **out,
                                                 whichproxy_status *statuses);

/*
 How many routes there are, which is at least one; 0 of null.

 Asks of the caller:

 'evaluation' is null or was not freed.
 */
size_t whichproxy_evaluation_len(const whichproxy_evaluation *evaluation);

/*
 A route, by its number from 0 on. They are to be tried in order.

 Asks of the caller:

 'evaluation' is null or was not freed; 'out' is null or may be written.
 */
whichproxy_status whichproxy_evaluation_route(const whichproxy_evaluation *evaluation,
                                              size_t place,
                                              whichproxy_route *out);

/*
 The routes as a PAC string: 'PROXY a:80; DIRECT'. Empty of null.

 Asks of the caller:

 'evaluation' is null or was not freed.
 */
whichproxy_str whichproxy_evaluation_text(const whichproxy_evaluation *evaluation);

/*
 What the script returned, as it is: from the network, and not to be shown
 to a terminal. Empty of null.

 Asks of the caller:

 'evaluation' is null or was not freed.
 */
whichproxy_str whichproxy_evaluation_result(const whichproxy_evaluation *evaluation);

/*
 Asks a script about a URL, and tells all in JSON: the object that
 'whichproxy pac eval' prints, with what the script asked and said. A
 failure of the script is an answer, too, and no failure of this call.

 Asks of the caller:

 As whichproxy_pac_find_proxy().
 */
whichproxy_status whichproxy_pac_explain(const whichproxy_pac *pac,
                                         const whichproxy_machine *machine,
                                         const uint8_t *url,
                                         size_t len,
                                         const uint8_t *host,
                                         size_t host_len,
                                         whichproxy_text **out);

/*
 Frees a script.

 Asks of the caller:

 'pac' is null or was not freed.
 */
void whichproxy_pac_free(whichproxy_pac *pac);

/*
 Frees an evaluation.

 Asks of the caller:

 'evaluation' is null or was not freed.
 */
void whichproxy_evaluation_free(whichproxy_evaluation *evaluation);

/*
 How many routes there are, which is at least one; 0 of null.

 Asks of the caller:

 'resolution' is null or was not freed.
 */
size_t whichproxy_resolution_len(const whichproxy_resolution *resolution);

/*
 A route, by its number from 0 on. They are to be tried in order.

 Asks of the caller:

 'resolution' is null or was not freed; 'out' is null or may be written.
 */
whichproxy_status whichproxy_resolution_route(const whichproxy_resolution *resolution,
                                              size_t place,
                                              whichproxy_route *out);

/*
 The number, from 1, of the step of the plan that gave a route, by the
 route's number from 0 on.

 Asks of the caller:

 As whichproxy_resolution_route().
 */
whichproxy_status whichproxy_resolution_step(const whichproxy_resolution *resolution,
                                             size_t place,
                                             size_t *out);

/*
 The routes as a PAC string: 'PROXY a:80; DIRECT'. Empty of null.

 Asks of the caller:

 'resolution' is null or was not freed.
 */
whichproxy_str whichproxy_resolution_text(const whichproxy_resolution *resolution);

/*
 What was done, step by step, each with its source; for people. Empty of
 null.

 Asks of the caller:

 'resolution' is null or was not freed.
 */
whichproxy_str whichproxy_resolution_trace(const whichproxy_resolution *resolution);

/*
 All of it, as the JSON object that 'whichproxy resolve' prints.

 Asks of the caller:

 'resolution' is null or was not freed; 'out' is null or may be written.
 */
whichproxy_status whichproxy_resolution_json(const whichproxy_resolution *resolution,
                                             whichproxy_text **out);

/*
 Frees a resolution.

 Asks of the caller:

 'resolution' is null or was not freed.
 */
void whichproxy_resolution_free(whichproxy_resolution *resolution);

/*
 The client of a name, such as 'defender-edr'.

 Asks of the caller:

 'name' is null or has 'len' bytes; 'out' is null or may be written.
 */
whichproxy_status whichproxy_client_named(const uint8_t *name,
                                          size_t len,
                                          uint32_t *out);

/*
 Makes a resolver.

 'client' is a whichproxy_client. 'reading' names one of the plans that the
 sources allow, and 'user' the account whose settings count, by its
 security identifier; both may be null. Scripts run on threads, where
 whichproxy_resolver_set_isolation() says nothing else.

 Asks of the caller:

 'machine' is null or one that nobody changes; 'reading' is null or has
 'reading_len' bytes, and 'user' 'user_len'; 'out' is null or may be
 written.
 */
whichproxy_status whichproxy_resolver_new(uint32_t client,
                                          const whichproxy_machine *machine,
                                          const uint8_t *reading,
                                          size_t reading_len,
                                          const uint8_t *user,
                                          size_t user_len,
                                          whichproxy_resolver **out);

/*
 Sets how many bytes a script may have, and how many milliseconds an
 answer of it may take; 0 is WinHTTP's limit. Answers are forgotten.

 Asks of the caller:

 'resolver' is null or one that nobody else uses.
 */
whichproxy_status whichproxy_resolver_set_limits(whichproxy_resolver *resolver,
                                                 size_t bytes,
                                                 uint64_t milliseconds);

/*
 Sets where scripts run: 'isolation' is a whichproxy_isolation, and 'path'
 that of the program, for WHICHPROXY_WORKER_AT; else it may be null.

 Asks of the caller:

 'resolver' is null or one that nobody else uses; 'path' is null or has
 'len' bytes.
 */
whichproxy_status whichproxy_resolver_set_isolation(whichproxy_resolver *resolver,
                                                    uint32_t isolation,
                                                    const uint8_t *path,
                                                    size_t len);

/*
 Answers for a URL.

 Asks of the caller:

 'resolver' is null or one that nobody changes; 'url' is null or has 'len'
 bytes; 'out' is null or may be written.
 */
whichproxy_status whichproxy_resolver_resolve(const whichproxy_resolver *resolver,
                                              const uint8_t *url,
                                              size_t len,
                                              whichproxy_resolution **out);

/*
 Answers for many URLs, on all cores.

 'out' has a place for each, which is null where 'statuses' says that it
 failed; 'statuses' may be null. All places are written, or none. The last
 error is that of the first that failed.

 Asks of the caller:

 'resolver' is null or one that nobody changes; 'urls' is null or has
 'count' texts; 'out' and 'statuses' are null or have 'count' places.
 */
whichproxy_status whichproxy_resolver_resolve_many(const whichproxy_resolver *resolver,
                                                   const whichproxy_str *urls,
                                                   size_t count,
                                                   whichproxy_resolution **out,
                                                   whichproxy_status *statuses);

/*
 Answers for a URL in JSON: the object that 'whichproxy resolve' prints,
 with the trace. A failure of the client is an answer, too, and no failure
 of this call.

 Asks of the caller:

 As whichproxy_resolver_resolve().
 */
whichproxy_status whichproxy_resolver_explain(const whichproxy_resolver *resolver,
                                              const uint8_t *url,
                                              size_t len,
                                              whichproxy_text **out);

/*
 What the client would try for any URL, in order, and why; as text for
 people.

 Asks of the caller:

 'resolver' is null or one that nobody changes; 'out' is null or may be
 written.
 */
whichproxy_status whichproxy_resolver_plan(const whichproxy_resolver *resolver,
                                           whichproxy_text **out);

/*
 Forgets scripts, addresses of scripts and answers, as when the network
 has changed.

 Asks of the caller:

 'resolver' is null or one that nobody changes.
 */
whichproxy_status whichproxy_resolver_forget(const whichproxy_resolver *resolver);

/*
 Frees a resolver.

 Asks of the caller:

 'resolver' is null or was not freed.
 */
void whichproxy_resolver_free(whichproxy_resolver *resolver);

/*
 What was wrong with the last call of this thread that failed, in words;
 empty where none did.

 It is valid until another call of this thread fails.
 */
whichproxy_str whichproxy_last_error(void);

/*
 Of what kind that was, as the command tells it with '--format json':
 'registry', 'url', 'fetch', 'syntax' and so on; empty where no call failed.

 The text is constant.
 */
whichproxy_str whichproxy_last_error_kind(void);

/*
 The number by which WinHTTP would report it, such as 12180; 0 where it
 has none.
 */
uint32_t whichproxy_last_error_winhttp_code(void);

/*
 The text, as long as it is not freed; empty of null.

 Asks of the caller:

 'text' is null or was not freed.
 */
whichproxy_str whichproxy_text_str(const whichproxy_text *text);

/*
 Frees a text.

 Asks of the caller:

 'text' is null or was not freed.
 */
void whichproxy_text_free(whichproxy_text *text);

/*
 The version of the library, in three bytes: 0x000100 is 0.1.0.

 Functions and values are added by a new minor version; none is changed or
 removed but by a major one (a minor one, before 1.0).
 */
uint32_t whichproxy_version(void);

/*
 The version in words: '0.1.0'. The text is constant.
 */
whichproxy_str whichproxy_version_text(void);

/*
 Goes by what has changed of the machine, a whichproxy_change, and forgets
 what is no longer so; 'out' says whether another answer may come of it.

 The settings are read anew, or the machine's network is looked at, with
 the suffixes of names. Where those can't be had, that is the error, and
 the resolver goes on as it was.

 Asks of the caller:

 'resolver' is null or one that nobody changes; 'out' is null or may be
 written.
 */
whichproxy_status whichproxy_resolver_changed(const whichproxy_resolver *resolver,
                                              uint32_t change,
                                              bool *out);

/*
 Watches this computer, and does whichproxy_resolver_changed() whenever its
 registry (on Windows) or its addresses change, on a thread of its own.

 Of a resolver whose limits or isolation are set after that, what they were
 set for is not watched. 'told' may be null, and so may 'release', which is
 called with 'context' when 'told' is called no more: before
 whichproxy_watch_free() returns, unless 'told' itself calls that. Where
 this call fails, neither is called. The resolver may be freed before the
 watch. A child of fork() has no such thread; there, to free the watch
 frees the child's copy, and releases no context.

 Asks of the caller:

 'resolver' is null or one that nobody changes; 'told' and 'release' are
 null or functions that may be called with 'context' from another thread;
 'out' is null or may be written.
 */
whichproxy_status whichproxy_resolver_watch(const whichproxy_resolver *resolver,
                                            whichproxy_told told,
                                            void *context,
                                            whichproxy_release release,
                                            whichproxy_watch **out);

/*
 Frees a watch: nothing is told after that.

 It waits for 'told' where that is being called, unless 'told' calls this:
 so no lock is held then that 'told' takes.

 Asks of the caller:

 'watch' is null or was not freed.
 */
void whichproxy_watch_free(whichproxy_watch *watch);

/*
 Runs scripts, and never returns, where this process was started to do
 that by WHICHPROXY_WORKER; else it returns at once.

 To be called first in 'main', with its arguments, before a thread is
 started or a file is opened. 'argv' may be null, and nothing is done then.

 Asks of the caller:

 'argv' is null, or has 'argc' texts of C.
 */
void whichproxy_serve_if_asked(int argc,
                               const char *const *argv);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WHICHPROXY_H */
