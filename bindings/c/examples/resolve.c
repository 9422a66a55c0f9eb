/* Which proxy would a client use for a URL, by a registry export?
 *
 *     resolve EXPORT.reg CLIENT URL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <whichproxy.h>

/* The bytes of a file, to be given to free. */
static unsigned char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    long size;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0) {
        bytes = (unsigned char *)malloc((size_t)size + 1);
        if (bytes != NULL)
            *len = fread(bytes, 1, (size_t)size, file);
    }
    fclose(file);
    return bytes;
}

static const uint8_t *utf8(const char *text)
{
    return (const uint8_t *)text;
}

int main(int argc, char **argv)
{
    whichproxy_machine *machine = NULL;
    whichproxy_resolver *resolver = NULL;
    whichproxy_resolution *found = NULL;
    whichproxy_str text;
    unsigned char *export_;
    size_t len = 0;
    uint32_t client = 0;
    int failed = 1;

    if (argc != 4) {
        fprintf(stderr, "usage: %s EXPORT.reg CLIENT URL\n", argv[0]);
        return 2;
    }
    export_ = read_file(argv[1], &len);
    if (export_ == NULL) {
        perror(argv[1]);
        return 2;
    }
    if (whichproxy_client_named(utf8(argv[2]), strlen(argv[2]), &client) ==
            WHICHPROXY_OK &&
        whichproxy_machine_offline(&machine) == WHICHPROXY_OK &&
        whichproxy_machine_add_reg(machine, export_, len, utf8(argv[1]),
                                   strlen(argv[1])) == WHICHPROXY_OK &&
        whichproxy_resolver_new(client, machine, NULL, 0, NULL, 0,
                                &resolver) == WHICHPROXY_OK &&
        whichproxy_resolver_resolve(resolver, utf8(argv[3]), strlen(argv[3]),
                                    &found) == WHICHPROXY_OK) {
        text = whichproxy_resolution_text(found);
        printf("%.*s\n\n", (int)text.len, text.data);
        text = whichproxy_resolution_trace(found);
        printf("%.*s", (int)text.len, text.data);
        failed = 0;
    } else {
        text = whichproxy_last_error();
        fprintf(stderr, "resolve: %.*s\n", (int)text.len, text.data);
    }
    whichproxy_resolution_free(found);
    whichproxy_resolver_free(resolver);
    whichproxy_machine_free(machine);
    free(export_);
    return failed;
}
