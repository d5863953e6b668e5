// A worker for the demo: it opens a GGUF model, reads its header and prints what it is.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VARIANT
#define VARIANT "cpu"
#endif
#define VERSION "1.0.0"

enum kind { U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64, KINDS };
static const int widths[KINDS] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

static FILE *model;

static void die(const char *reason) {
    fprintf(stderr, "demo-worker: %s\n", reason);
    exit(1);
}

static uint64_t number(int width) {
    uint8_t bytes[8];
    if (fread(bytes, 1, (size_t)width, model) != (size_t)width) die("the model ends within its header");
    uint64_t value = 0;
    for (int i = width - 1; i >= 0; i--) value = value << 8 | bytes[i];
    return value;
}

static char *string(void) {
    uint64_t length = number(8);
    if (length > 1 << 20) die("a string of the header is too long");
    char *text = calloc(1, (size_t)length + 1);
    if (!text || fread(text, 1, (size_t)length, model) != (size_t)length) die("the model ends within its header");
    return text;
}

static void print(const char *key, uint32_t kind, int shown) {
    if (kind == STRING) {
        char *text = string();
        if (shown) printf("%s = %s\n", key, text);
        free(text);
    } else if (kind == ARRAY) {
        uint32_t element = (uint32_t)number(4);
        uint64_t count = number(8);
        if (shown) printf("%s = [%" PRIu64 " elements]\n", key, count);
        for (uint64_t i = 0; i < count; i++) print(key, element, 0);
    } else if (kind < KINDS) {
        uint64_t value = number(widths[kind]);
        if (!shown) return;
        if (kind == F32) {
            uint32_t bits = (uint32_t)value;
            float real;
            memcpy(&real, &bits, sizeof real);
            printf("%s = %g\n", key, (double)real);
        } else {
            printf("%s = %" PRIu64 "\n", key, value);
        }
    } else {
        die("a value of the header is of an unknown kind");
    }
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "--version") == 0) {
        puts("demo-worker " VERSION " (" VARIANT ")");
        return 0;
    }
    if (count != 2) die("usage: demo-worker MODEL.gguf");
    model = fopen(arguments[1], "rb");
    if (!model) die("cannot open the model");
    if (number(4) != 0x46554747) die("not a GGUF file");
    uint64_t version = number(4), tensors = number(8), keys = number(8);
    printf("GGUF version %" PRIu64 ", %" PRIu64 " tensors\n", version, tensors);
    for (uint64_t i = 0; i < keys; i++) {
        char *key = string();
        print(key, (uint32_t)number(4), 1);
        free(key);
    }
    return 0;
}
