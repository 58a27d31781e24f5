/* cmd_vmcs.c: triptych vmcs check: which VM-entry check a VMCS fails, and why.
 */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/command.h"
#include "experiments/cli/json.h"
#include "hvm/engine.h"

struct vmcs_options {
    const char *controls;
    bool json;
};

#define AT(member) .offset = offsetof(struct vmcs_options, member)

static const struct opt vmcs_opts[] = {
    {.name = "controls",
     .type = OPT_STRING,
     AT(controls),
     .arg = "PRESET",
     .help = "the processor, as its capability MSRs (below); all"},
    OPTION_JSON("the findings as JSON"),
    {.name = NULL},
};

/* ---- the file -------------------------------------------------------------
 */

struct input {
    struct vmx_caps caps;
    struct vmcs vmcs;
    bool seen[VMCS_COUNT];
    bool msr_seen[CAP_COUNT], width_seen;
    unsigned nr_fields;
};

/* A JSON number is a double: the integers below 2^53 are exact. */
#define NUMBER_MAX 0x1p53

/* An integer that a double holds, or a string "0x..." or "1234". */
static enum status number(const cJSON *value, uint64_t *out, struct error *err)
{
    const char *key = value->string, *text = value->valuestring, *digits;
    bool is_hex;

    if (cJSON_IsNumber(value) && value->valuedouble >= 0 &&
        value->valuedouble < NUMBER_MAX &&
        value->valuedouble == (double)(uint64_t)value->valuedouble) {
        *out = (uint64_t)value->valuedouble;
        return ST_OK;
    }
    if (!cJSON_IsString(value))
        return err_set(err, ST_INVAL,
                       "%.60s: not an integer from 0 to 2^53 - 1, nor a string "
                       "like \"0x1f\"",
                       key);
    is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    digits = is_hex ? text + 2 : text;
    if (digits[0] == '\0' ||
        digits[strspn(digits, is_hex ? "0123456789abcdefABCDEF"
                                     : "0123456789")] != '\0')
        return err_set(err, ST_INVAL, "%.60s: not a number: \"%.60s\"", key,
                       text);
    errno = 0;
    *out = strtoull(digits, NULL, is_hex ? 16 : 10);
    if (errno == ERANGE)
        return err_set(err, ST_INVAL, "%.60s: more than 64 bits: %.60s", key,
                       text);
    return ST_OK;
}

static enum status fits(const char *key, uint64_t value, unsigned bits,
                        struct error *err)
{
    if (bits < 64 && value >> bits != 0)
        return err_set(err, ST_INVAL, "%.60s: 0x%llx is wider than %u bits",
                       key, (unsigned long long)value, bits);
    return ST_OK;
}

static enum status unknown_field(const char *key, struct error *err)
{
    const char *names[VMCS_COUNT + 1], *near;
    unsigned f;

    for (f = 0; f < VMCS_COUNT; f++)
        names[f] = vmcs_info((enum vmcs_field)f)->name;
    names[f] = NULL;
    near = opts_nearest(key, names);
    if (near != NULL)
        return err_set(err, ST_INVAL, "no field '%.60s'; did you mean %s?", key,
                       near);
    return err_set(err, ST_INVAL, "no field '%.60s' in this VMCS", key);
}

static enum status find_field(const char *key, enum vmcs_field *f,
                              struct error *err)
{
    unsigned long long encoding;
    char *end;

    *f = VMCS_NONE;
    if (isdigit((unsigned char)key[0])) {
        encoding = strtoull(key, &end, 0);
        if (*end == '\0')
            *f = vmcs_by_encoding(encoding);
        if (*f != VMCS_NONE && (encoding & 1))
            return err_set(err, ST_INVAL,
                           "%.60s is the high half of %s; give the whole field",
                           key, vmcs_info(*f)->name);
    } else {
        *f = vmcs_by_name(key);
    }
    return *f == VMCS_NONE ? unknown_field(key, err) : ST_OK;
}

/* Capability MSRs and the physical-address width replace the preset's. True if
 * the key is one of them. */
static bool processor_key(struct input *in, const cJSON *value, enum status *st,
                          struct error *err)
{
    uint64_t v = 0;
    unsigned i;

    if (strcmp(value->string, "MAXPHYADDR") == 0) {
        *st = number(value, &v, err);
        if (*st == ST_OK && (v < 32 || v > 52))
            *st = err_set(err, ST_INVAL, "MAXPHYADDR: 32 to 52");
        if (*st == ST_OK && in->width_seen)
            *st = err_set(err, ST_INVAL, "MAXPHYADDR was given already");
        in->width_seen = true;
        in->caps.pa_bits = (unsigned)v;
        return true;
    }
    for (i = 0; i < CAP_COUNT; i++) {
        if (strcmp(value->string, vmx_caps_msr_name(i)) != 0)
            continue;
        *st = number(value, &in->caps.msr[i], err);
        if (*st == ST_OK && in->msr_seen[i])
            *st = err_set(err, ST_INVAL, "%s was given already",
                          vmx_caps_msr_name(i));
        in->msr_seen[i] = true;
        return true;
    }
    return false;
}

static enum status take(struct input *in, const cJSON *value, struct error *err)
{
    const char *key = value->string;
    enum vmcs_field f;
    enum status st;
    uint64_t v;

    st = find_field(key, &f, err);
    if (st == ST_OK)
        st = number(value, &v, err);
    if (st == ST_OK)
        st = fits(key, v, vmcs_bits(f, &in->caps), err);
    if (st != ST_OK)
        return st;
    if (in->seen[f])
        return err_set(err, ST_INVAL, "%.60s: %s was given already", key,
                       vmcs_info(f)->name);
    in->seen[f] = true;
    in->nr_fields++;
    in->vmcs.value[f] = v;
    return ST_OK;
}

static enum status parse(struct input *in, const char *text, size_t len,
                         struct error *err)
{
    enum status st = ST_OK;
    const char *end = text, *p;
    const cJSON *value;
    unsigned line = 1;
    cJSON *root;

    root = cJSON_ParseWithLengthOpts(text, len + 1, &end, true);
    if (root == NULL) {
        for (p = text; p < end && p < text + len; p++)
            line += *p == '\n';
        return err_set(err, ST_INVAL, "line %u: not JSON", line);
    }
    if (!cJSON_IsObject(root))
        st = err_set(err, ST_INVAL, "not a JSON object of fields");
    else
        cJSON_ArrayForEach(value, root)
        {
            if (strcmp(value->string, "comment") != 0 &&
                !processor_key(in, value, &st, err))
                st = take(in, value, err);
            if (st != ST_OK)
                break;
        }
    cJSON_Delete(root);
    return st;
}

/* A VMCS is a few kilobytes of text. */
#define FILE_MAX (1u << 20)

static enum status load(struct input *in, const char *path, struct error *err)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    enum status st;
    char *text;
    size_t len;

    if (file == NULL)
        return err_set(err, ST_INVAL, "%s", strerror(errno));
    text = malloc(FILE_MAX + 1);
    if (text == NULL) {
        st = err_set(err, ST_NOMEM, "out of memory");
    } else {
        errno = 0;
        len = fread(text, 1, FILE_MAX, file);
        text[len] = '\0';
        if (ferror(file))
            st = err_set(err, ST_INVAL, "%s", strerror(errno));
        else if (len == FILE_MAX)
            st = err_set(err, ST_INVAL, "more than a megabyte of text");
        else
            st = parse(in, text, len, err);
    }
    free(text);
    if (file != stdin)
        fclose(file);
    return st;
}

/* ---- the findings ---------------------------------------------------------
 */

struct findings {
    enum entry_verdict verdicts[ENTRY_CHECKS];
    unsigned nr[ENTRY_UNSEEN + 1];
};

static void outcome_text(const struct entry_failure *f, char *buf, size_t size)
{
    switch (f->outcome) {
    case ENTRY_FAIL_CONTROLS:
        snprintf(buf, size,
                 "VMfailValid(7): VM entry with invalid control "
                 "field(s)");
        break;
    case ENTRY_FAIL_HOST:
        snprintf(buf, size,
                 "VMfailValid(8): VM entry with invalid host-state "
                 "field(s)");
        break;
    default:
        snprintf(buf, size,
                 "exit reason 0x%x: VM-entry failure due to invalid guest "
                 "state, exit qualification %u",
                 f->number, f->qualification);
        break;
    }
}

static void print_failure(const struct input *in, const struct entry_failure *f)
{
    const struct vmcs_field_info *info = vmcs_info(f->check->field);
    char why[1024];

    printf("%s\n  field   %s (0x%04x, %s) = 0x%llx%s\n", f->check->id,
           info->name, info->encoding, info->title,
           (unsigned long long)f->value,
           in->seen[f->check->field] ? "" : ", not in the file");
    if (f->check->with != VMCS_NONE)
        printf("  beside  %s = 0x%llx\n", vmcs_info(f->check->with)->name,
               (unsigned long long)in->vmcs.value[f->check->with]);
    printf("  rule    %s\n", f->check->rule);
    if (f->check->when[0] != '\0')
        printf("  when    %s\n", f->check->when);
    entry_explain(f, &in->vmcs, &in->caps, why, sizeof(why));
    if (why[0] != '\0')
        printf("  here    %s\n", why);
    printf("  manual  SDM volume 3, \"%s\"\n",
           entry_section_title(f->check->section));
}

static void print_text(const struct input *in, const struct findings *fs)
{
    struct entry_failure f;
    char text[160];
    bool first = true;
    unsigned i;

    if (vmx_entry_check(&in->vmcs, &in->caps, NULL, &f) != NULL) {
        outcome_text(&f, text, sizeof(text));
        printf("VM entry fails on %s: %s\n\n", in->caps.name, text);
    } else {
        printf("VM entry succeeds on %s, as far as the VMCS tells\n\n",
               in->caps.name);
    }
    for (i = 0; i < ENTRY_CHECKS; i++) {
        if (fs->verdicts[i] != ENTRY_FAIL)
            continue;
        entry_failure_fill(&f, i, &in->vmcs);
        print_failure(in, &f);
        printf("\n");
    }
    printf("%u checks: %u fail, %u hold, %u do not apply, %u need more than "
           "the VMCS",
           (unsigned)ENTRY_CHECKS, fs->nr[ENTRY_FAIL], fs->nr[ENTRY_PASS],
           fs->nr[ENTRY_NA], fs->nr[ENTRY_UNSEEN]);
    for (i = 0; i < ENTRY_CHECKS; i++) {
        if (fs->verdicts[i] != ENTRY_UNSEEN)
            continue;
        printf("%s%s", first ? ": " : ", ", entry_check_at(i)->id);
        first = false;
    }
    printf("\n%u of %u fields were given, the others are 0\n", in->nr_fields,
           (unsigned)VMCS_COUNT);
}

static void hex(struct json *j, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
    json_string(j, key, text);
}

static void json_failure(struct json *j, const struct input *in,
                         const struct entry_failure *f)
{
    char why[1024];

    json_object(j, NULL);
    json_string(j, "check", f->check->id);
    json_string(j, "field", vmcs_info(f->check->field)->name);
    json_string(j, "title", vmcs_info(f->check->field)->title);
    hex(j, "encoding", vmcs_info(f->check->field)->encoding);
    hex(j, "value", f->value);
    json_bool(j, "given", in->seen[f->check->field]);
    if (f->check->with != VMCS_NONE) {
        json_string(j, "beside", vmcs_info(f->check->with)->name);
        hex(j, "beside_value", in->vmcs.value[f->check->with]);
    }
    json_string(j, "rule", f->check->rule);
    json_string(j, "when", f->check->when);
    entry_explain(f, &in->vmcs, &in->caps, why, sizeof(why));
    json_string(j, "here", why);
    json_string(j, "section", entry_section_title(f->check->section));
    if (f->outcome <= ENTRY_FAIL_HOST) {
        json_u64(j, "instruction_error", f->number);
    } else {
        hex(j, "exit_reason", f->number);
        json_u64(j, "exit_qualification", f->qualification);
    }
    json_object_end(j);
}

static void print_json(const struct input *in, const struct findings *fs)
{
    struct entry_failure f;
    struct json j;
    unsigned i;

    json_init(&j, stdout);
    json_object(&j, NULL);
    json_string(&j, "controls", in->caps.name);
    json_u64(&j, "checks", ENTRY_CHECKS);
    json_u64(&j, "fail", fs->nr[ENTRY_FAIL]);
    json_u64(&j, "hold", fs->nr[ENTRY_PASS]);
    json_u64(&j, "not_applicable", fs->nr[ENTRY_NA]);
    json_u64(&j, "fields_given", in->nr_fields);
    json_array(&j, "failures");
    for (i = 0; i < ENTRY_CHECKS; i++) {
        if (fs->verdicts[i] == ENTRY_FAIL) {
            entry_failure_fill(&f, i, &in->vmcs);
            json_failure(&j, in, &f);
        }
    }
    json_array_end(&j);
    json_array(&j, "need_more_than_the_vmcs");
    for (i = 0; i < ENTRY_CHECKS; i++)
        if (fs->verdicts[i] == ENTRY_UNSEEN)
            json_string(&j, NULL, entry_check_at(i)->id);
    json_array_end(&j);
    json_object_end(&j);
}

/* What would make the answer wrong in silence: fields that the processor has
 * not, and controls that it allows but whose own checks are not here. */
static void warn(const struct input *in)
{
    static const struct {
        enum vmcs_field field;
        uint32_t default1;
    } words[VMX_WORDS] = {
        [VMX_PIN] = {VMCS_PIN_BASED_VM_EXEC_CONTROL, 0x16},
        [VMX_PROC] = {VMCS_CPU_BASED_VM_EXEC_CONTROL, 0x0401e172},
        [VMX_PROC2] = {VMCS_SECONDARY_VM_EXEC_CONTROL, 0},
        [VMX_EXIT] = {VMCS_VM_EXIT_CONTROLS, 0x36dff},
        [VMX_ENTRY] = {VMCS_VM_ENTRY_CONTROLS, 0x11ff},
    };
    uint32_t must, may, set;
    unsigned f, w, bit;

    for (f = 0; f < VMCS_COUNT; f++)
        if (in->seen[f] &&
            !vmx_caps_has(&in->caps, vmcs_info((enum vmcs_field)f)->exists))
            fprintf(stderr, "triptych vmcs: note: %s has no %s\n",
                    in->caps.name, vmcs_info((enum vmcs_field)f)->name);
    for (w = 0; w < VMX_WORDS; w++) {
        vmx_caps_allowed(&in->caps, (enum vmx_word)w, &must, &may);
        set =
            (uint32_t)in->vmcs.value[words[w].field] & may & ~words[w].default1;
        for (bit = 0; bit < 32; bit++)
            if ((set >> bit & 1) &&
                vmx_ctl_title((enum vmx_word)w, bit) == NULL)
                fprintf(stderr,
                        "triptych vmcs: note: %s bit %u is 1: a control whose "
                        "own checks are not here\n",
                        vmcs_info(words[w].field)->name, bit);
    }
}

static int run_vmcs(const struct command *cmd, int argc, char **argv)
{
    struct vmcs_options o = {.controls = "all"};
    const struct vmx_caps *caps;
    struct findings fs = {{0}, {0}};
    struct input in = {.nr_fields = 0};
    const char *names[16] = {NULL}, *near;
    struct error err;
    int nr_args, status;
    unsigned i;

    if (!command_parse(cmd, argc, argv, &o, 2, 2, &nr_args, &status))
        return status;
    if (strcmp(argv[0], "check") != 0)
        return command_usage(cmd, "no '%s'; there is: check", argv[0]);
    caps = vmx_caps_find(o.controls);
    if (caps == NULL) {
        for (i = 0; i < ARRAY_LEN(names) - 1 && vmx_caps_at(i) != NULL; i++)
            names[i] = vmx_caps_at(i)->name;
        near = opts_nearest(o.controls, names);
        return command_usage(cmd, "--controls: no preset '%s'%s%s%s",
                             o.controls, near != NULL ? "; did you mean " : "",
                             near != NULL ? near : "", near != NULL ? "?" : "");
    }
    in.caps = *caps;
    if (load(&in, argv[1], &err) != ST_OK) {
        fprintf(stderr, "triptych vmcs: %s: %s\n", argv[1], err.text);
        return EXIT_STATUS_USAGE;
    }
    warn(&in);
    vmx_entry_check_all(&in.vmcs, &in.caps, NULL, fs.verdicts);
    for (i = 0; i < ENTRY_CHECKS; i++)
        fs.nr[fs.verdicts[i]]++;
    if (o.json)
        print_json(&in, &fs);
    else
        print_text(&in, &fs);
    return fs.nr[ENTRY_FAIL] > 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
}

const struct command cmd_vmcs = {
    .name = "vmcs",
    .args = "check [OPTION]... FILE.json",
    .summary = "which VM-entry check of VT-x a VMCS fails, and why",
    .more =
        "FILE.json (- is standard input) is an object of fields, each a number "
        "or a string\nlike \"0x1f\"; numbers of 2^53 and more are strings:\n\n"
        "    {\"GUEST_RIP\": \"0xfff0\", \"Guest CS access rights\": 155, "
        "\"0x681a\": \"0x400\"}\n\n"
        "A field goes by Linux's name, the manual's title or its encoding. "
        "Fields that are\nnot there are 0; an entry \"comment\" is ignored. "
        "Linux logs the fields of a failed\nentry with "
        "kvm_intel.dump_invalid_vmcs=1.\n\n"
        "The processor decides which control bits may be set. Presets:\n"
        "    all            what the VMX model is to implement\n"
        "    prescott-2005  first generation; yonah-2006: without Intel 64\n"
        "    merom-2006     TPR shadow, MSR bitmaps\n"
        "    penryn-2007    virtual NMIs, APIC accesses\n"
        "    nehalem-2008   EPT, VPID\n"
        "    westmere-2010  unrestricted guest\n"
        "For another processor give its capability MSRs beside the fields "
        "(rdmsr 0x480 to\n0x490): \"IA32_VMX_PROCBASED_CTLS2\": "
        "\"0x7f00000000\", and \"MAXPHYADDR\": 46.\n\n"
        "Each failing check names the field, its value, the rule and the "
        "section of the Intel\nSDM, volume 3. The first is what a processor "
        "that checks in the manual's order\nfinds. Examples: "
        "hvm/examples/*.json.\n\n"
        "  triptych vmcs check hvm/examples/v86-bad.json\n"
        "  triptych vmcs check --controls prescott-2005 "
        "hvm/examples/long-mode.json\n\n"
        "Exit status 0 if every check holds, 1 if one fails, 2 if the file or "
        "the command is\nwrong.\n",
    .opts = vmcs_opts,
    .run = run_vmcs,
};
