/* The extension that holds the kernels compiled ahead of time.
 *
 * For each level of the processor, `optimise_kernels.py` writes an object file of kernels and a table of them.
 * This file is between those and Python: it checks and unpacks arguments, lets other threads run while a kernel
 * does, packs what it returns or raises, and holds the few functions of Numba's run time that kernels need.
 *
 * It uses Python's stable interface (abi3, 3.11 and later) and NumPy's of 1.25 and later.
 */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_1_25_API_VERSION
#define NPY_TARGET_VERSION NPY_1_25_API_VERSION
#include <numpy/arrayobject.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- Numba's run time: memory with a count of references. The layout is what compiled kernels read. */

typedef struct {
    _Atomic size_t references;
    void (*destructor)(void *, size_t, void *);
    void *destructor_info;
    void *data;
    size_t size;
    void *external_allocator;
} Memory;

#define CACHE_LINE 64
#define RUNTIME __attribute__((visibility("hidden")))

RUNTIME void *NRT_MemInfo_alloc_aligned(size_t size, unsigned align) {
    const size_t line = align < CACHE_LINE ? CACHE_LINE : align;
    if (size > SIZE_MAX - sizeof(Memory) - line) return NULL;
    Memory *memory = malloc(sizeof(Memory) + line + size);
    if (memory == NULL) return NULL; /* the kernel raises a MemoryError */
    const uintptr_t first = (uintptr_t)(memory + 1) + line - 1;
    atomic_init(&memory->references, 1);
    memory->destructor = NULL;
    memory->destructor_info = NULL;
    memory->data = (void *)(first - first % line);
    memory->size = size;
    memory->external_allocator = NULL;
    return memory;
}

RUNTIME void *NRT_MemInfo_alloc(size_t size) { return NRT_MemInfo_alloc_aligned(size, CACHE_LINE); }

RUNTIME void *NRT_MemInfo_alloc_safe_aligned(size_t size, unsigned align) {
    return NRT_MemInfo_alloc_aligned(size, align);
}

RUNTIME void *NRT_MemInfo_alloc_aligned_external(size_t size, unsigned align, void *allocator) {
    (void)allocator;
    return NRT_MemInfo_alloc_aligned(size, align);
}

RUNTIME void *NRT_Allocate(size_t size) { return malloc(size); }

RUNTIME void NRT_Free(void *memory) { free(memory); }

/* The allocator that a program may give to Numba: none here. */
RUNTIME void *NRT_get_sample_external_allocator(void) { return NULL; }

/* Called when the last reference is gone. */
RUNTIME void NRT_MemInfo_call_dtor(void *memory) { free(memory); }

/* Whether an array can be seen in another shape without a copy; kernels ask that of C-contiguous ones only. */
RUNTIME int numba_attempt_nocopy_reshape(int64_t n_old, const int64_t *old_shape, const int64_t *old_strides,
                                         int64_t n_new, const int64_t *new_shape, int64_t *new_strides,
                                         int64_t itemsize, int in_fortran_order) {
    int64_t old_step = itemsize, new_step = itemsize;
    if (in_fortran_order) return 0;
    for (int64_t k = n_old; k-- > 0; old_step *= old_shape[k])
        if (old_shape[k] != 1 && old_strides[k] != old_step) return 0;
    for (int64_t k = n_new; k-- > 0; new_step *= new_shape[k]) new_strides[k] = new_step;
    return old_step == new_step;
}

static void drop(Memory *memory) {
    if (memory != NULL && atomic_fetch_sub(&memory->references, 1) == 1) free(memory);
}

/* ---- The kernels of all levels. */

#define MOST_IN 256   /* words that the arguments of a kernel take; the build fails beyond */
#define MOST_OUT 64   /* words of what it returns */
#define MOST_DIMS 4   /* of an array that it returns */
#define MOST_ITEMS 16 /* of a tuple that it returns */

typedef int (*Compiled)(int64_t *in, int64_t *out, void **raised);

typedef struct {
    const char *name;      /* "tables.counts.group_hash" */
    const char *arguments; /* codes of `_signatures.py` */
    const char *names;     /* of the arguments, with a space behind each */
    const char *result;    /* code; v: nothing */
    Compiled call;
} Entry;

typedef struct {
    const char *name;
    int lanes;
    bool (*runs)(void);
    const Entry *entries;
    int count;
} Level;

/* ---- What the processor and the system support. The system counts: it has to save the wide registers. */

#define MAYBE_UNUSED __attribute__((unused)) /* of a level that was not built */

#if defined(__x86_64__)
#include <cpuid.h>

static bool has(unsigned leaf, int which, unsigned wanted) {
    unsigned found[4];
    if (!__get_cpuid_count(leaf, 0, &found[0], &found[1], &found[2], &found[3])) return false;
    return (found[which] & wanted) == wanted;
}

static bool saves(unsigned wanted) {
    if (!has(1, 2, 1u << 27)) return false; /* OSXSAVE */
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & wanted) == wanted;
}

/* SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF */
MAYBE_UNUSED static bool runs_v2(void) {
    return has(1, 2, 1u | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23) && has(0x80000001, 2, 1u);
}

/* FMA, MOVBE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT */
MAYBE_UNUSED static bool runs_v3(void) {
    return runs_v2() && has(1, 2, 1u << 12 | 1u << 22 | 1u << 28 | 1u << 29) &&
           has(7, 1, 1u << 3 | 1u << 5 | 1u << 8) && has(0x80000001, 2, 1u << 5) && saves(0x6);
}

/* AVX-512 F, DQ, CD, BW, VL */
MAYBE_UNUSED static bool runs_v4(void) {
    return runs_v3() && has(7, 1, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31) && saves(0xe6);
}
#else
MAYBE_UNUSED static bool runs_generic(void) { return true; }
#endif

#include "kernels_table.h" /* LEVELS, from the lowest on, and SOURCES */

#define N_LEVELS ((int)(sizeof LEVELS / sizeof *LEVELS))

/* ---- Arguments: from objects to words. */

static int type_of(char code) {
    switch (code) {
    case '?': return NPY_BOOL;
    case 'B': return NPY_UINT8;
    case 'H': return NPY_UINT16;
    case 'i': return NPY_INT32;
    case 'I': return NPY_UINT32;
    case 'q': return NPY_INT64;
    case 'Q': return NPY_UINT64;
    case 'd': return NPY_DOUBLE;
    case 'D': return NPY_CDOUBLE;
    }
    return NPY_NOTYPE;
}

/* NumPy counts some types twice, as `long` and `long long` of 64 bits; to Numba and to kernels they are one. */
static int type_given(PyArrayObject *array) {
    const int given = PyArray_TYPE(array);
    switch (given) {
    case NPY_INT: return NPY_INT32;
    case NPY_UINT: return NPY_UINT32;
    case NPY_LONG: return sizeof(long) == 8 ? NPY_INT64 : NPY_INT32;
    case NPY_ULONG: return sizeof(long) == 8 ? NPY_UINT64 : NPY_UINT32;
    case NPY_LONGLONG: return NPY_INT64;
    case NPY_ULONGLONG: return NPY_UINT64;
    }
    return given;
}

typedef enum { FITS, OTHER, FAILED } Fit; /* FAILED: an exception is set */

/* What does not convert is of another kind; anything else that a conversion raises stays raised. */
static Fit unlike(void) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_OverflowError) &&
        !PyErr_ExceptionMatches(PyExc_ValueError))
        return FAILED;
    PyErr_Clear();
    return OTHER;
}

/* Words of an array: two for the memory that owns it, size, size of an item, data, shape, strides. */
static Fit take_array(const char *code, PyObject *object, int64_t **to) {
    if (!PyArray_Check(object)) return OTHER;
    PyArrayObject *array = (PyArrayObject *)object;
    const int flags = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED | (code[0] == 'a' ? NPY_ARRAY_WRITEABLE : 0);
    const int n_dims = code[2] - '0';
    if (type_given(array) != type_of(code[1]) || PyArray_NDIM(array) != n_dims ||
        !PyArray_CHKFLAGS(array, flags) || !PyArray_ISNBO(PyArray_DESCR(array)->byteorder))
        return OTHER;
    int64_t *word = *to;
    word[0] = 0;
    word[1] = 0;
    word[2] = PyArray_SIZE(array);
    word[3] = PyArray_ITEMSIZE(array);
    word[4] = (int64_t)PyArray_DATA(array);
    for (int k = 0; k < n_dims; k++) {
        word[5 + k] = PyArray_DIM(array, k);
        word[5 + n_dims + k] = PyArray_STRIDE(array, k);
    }
    *to = word + 5 + 2 * n_dims;
    return FITS;
}

static Fit take_integer(bool is_signed, PyObject *object, int64_t *to) {
    if (PyFloat_Check(object)) return OTHER;
    PyObject *whole = PyLong_Check(object) ? Py_NewRef(object) : PyNumber_Index(object);
    if (whole == NULL) return unlike();
    *to = is_signed ? (int64_t)PyLong_AsLongLong(whole) : (int64_t)PyLong_AsUnsignedLongLong(whole);
    Py_DECREF(whole);
    return *to == -1 && PyErr_Occurred() ? unlike() : FITS;
}

static Fit take_float(PyObject *object, int64_t *to) {
    const double value = PyFloat_AsDouble(object);
    if (value == -1.0 && PyErr_Occurred()) return unlike();
    memcpy(to, &value, sizeof value);
    return FITS;
}

static Fit take_bool(PyObject *object, int64_t *to) {
    if (!PyBool_Check(object) && !PyArray_IsScalar(object, Bool)) return OTHER;
    const int value = PyObject_IsTrue(object);
    *to = value;
    return value < 0 ? FAILED : FITS;
}

/* Take one argument; on success `codes` and `to` move behind it. */
static Fit take(const char **codes, PyObject *object, int64_t **to) {
    const char *code = *codes;
    Fit fit = OTHER;
    switch (*code) {
    case 'a':
    case 'r':
        fit = take_array(code, object, to);
        *codes = code + 3;
        return fit;
    case '(': {
        if (!PyTuple_Check(object)) return OTHER;
        const Py_ssize_t size = PyTuple_Size(object);
        Py_ssize_t k = 0;
        for (code++; *code != ')'; k++) {
            if (k >= size) return OTHER;
            fit = take(&code, PyTuple_GetItem(object, k), to);
            if (fit != FITS) return fit;
        }
        *codes = code + 1;
        return k == size ? FITS : OTHER;
    }
    case 'q': fit = take_integer(true, object, *to); break;
    case 'Q': fit = take_integer(false, object, *to); break;
    case 'd': fit = take_float(object, *to); break;
    case '?': fit = take_bool(object, *to); break;
    }
    *codes = code + 1;
    *to += 1;
    return fit;
}

/* ---- Results: from words to objects. */

#define MEMORY "lwfast.memory"

static void drop_capsule(PyObject *capsule) { drop(PyCapsule_GetPointer(capsule, MEMORY)); }

static PyObject *give_array(const char *code, const int64_t *word) {
    Memory *memory = (Memory *)word[0];
    const int n_dims = code[2] - '0';
    npy_intp shape[MOST_DIMS], strides[MOST_DIMS];
    if (memory == NULL) { /* an argument, which the caller has anyway */
        PyErr_SetString(PyExc_SystemError, "A kernel returned an array that it did not make.");
        return NULL;
    }
    for (int k = 0; k < n_dims; k++) {
        shape[k] = word[5 + k];
        strides[k] = word[5 + n_dims + k];
    }
    PyObject *owner = PyCapsule_New(memory, MEMORY, drop_capsule);
    if (owner == NULL) {
        drop(memory);
        return NULL;
    }
    PyObject *array = PyArray_New(&PyArray_Type, n_dims, shape, type_of(code[1]), strides, (void *)word[4], 0,
                                  NPY_ARRAY_WRITEABLE | NPY_ARRAY_ALIGNED, NULL);
    if (array == NULL) {
        Py_DECREF(owner);
        return NULL;
    }
    PyArray_UpdateFlags((PyArrayObject *)array, NPY_ARRAY_UPDATE_ALL);
    if (PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0) { /* takes `owner` even then */
        Py_DECREF(array);
        return NULL;
    }
    return array;
}

static PyObject *give_float(const int64_t *word) {
    double value;
    memcpy(&value, word, sizeof value);
    return PyFloat_FromDouble(value);
}

static PyObject *give_complex(const int64_t *word) {
    double value[2];
    memcpy(value, word, sizeof value);
    return PyComplex_FromDoubles(value[0], value[1]);
}

/* Give one result, or NULL with an exception; `codes` and `from` move behind it in either case. */
static PyObject *give(const char **codes, const int64_t **from) {
    const char *code = *codes;
    const int64_t *word = *from;
    switch (*code) {
    case 'a':
        *codes = code + 3;
        *from = word + 5 + 2 * (code[2] - '0');
        return give_array(code, word);
    case '(': {
        PyObject *items[MOST_ITEMS];
        int count = 0;
        bool complete = true;
        /* Behind an item that fails the others are still taken, for their memory. */
        for (code++; *code != ')'; count++) {
            items[count] = give(&code, from);
            complete = complete && items[count] != NULL;
        }
        *codes = code + 1;
        PyObject *tuple = complete ? PyTuple_New(count) : NULL;
        for (int k = 0; k < count; k++) {
            if (tuple == NULL) Py_XDECREF(items[k]);
            else PyTuple_SetItem(tuple, k, items[k]);
        }
        return tuple;
    }
    case 'D':
        *codes = code + 1;
        *from = word + 2;
        return give_complex(word);
    case 'v': *codes = code + 1; return Py_NewRef(Py_None);
    }
    *codes = code + 1;
    *from = word + 1;
    switch (*code) {
    case 'q': return PyLong_FromLongLong(*word);
    case 'Q': return PyLong_FromUnsignedLongLong((uint64_t)*word);
    case '?': return PyBool_FromLong(*word & 1);
    case 'd': return give_float(word);
    }
    return PyErr_Format(PyExc_SystemError, "A kernel returned something of the unknown code %s.", code);
}

/* ---- Errors. */

/* What a compiled kernel leaves where it raises: class, arguments and place as a pickle. More follows. */
typedef struct {
    const char *pickle;
    int32_t size;
} Raised;

enum { RAISED = 1 };

static void raise_as(int status, const Raised *raised) {
    if (status != RAISED || raised == NULL) {
        PyErr_Format(PyExc_SystemError, "A kernel ended with status %d.", status);
        return;
    }
    PyObject *module = PyImport_ImportModule("pickle");
    if (module == NULL) return;
    PyObject *parts = PyObject_CallMethod(module, "loads", "y#", raised->pickle, (Py_ssize_t)raised->size);
    Py_DECREF(module);
    if (parts == NULL) return;
    PyObject *kind = PyTuple_GetItem(parts, 0);
    PyObject *given = kind == NULL ? NULL : PyTuple_GetItem(parts, 1);
    if (given != NULL) {
        PyObject *error = PyObject_CallObject(kind, given == Py_None ? NULL : given);
        if (error != NULL) {
            PyErr_SetObject((PyObject *)Py_TYPE(error), error);
            Py_DECREF(error);
        }
    }
    Py_DECREF(parts);
}

/* The code of argument k, and what follows it. */
static const char *skip(const char *code) {
    if (*code == 'a' || *code == 'r') return code + 3;
    if (*code++ != '(') return code;
    while (*code != ')') code = skip(code);
    return code + 1;
}

static const char *name_of_type(char code) {
    switch (code) {
    case '?': return "bool";
    case 'B': return "uint8";
    case 'H': return "uint16";
    case 'i': return "int32";
    case 'I': return "uint32";
    case 'q': return "int64";
    case 'Q': return "uint64";
    case 'd': return "float64";
    case 'D': return "complex128";
    }
    return "tuple";
}

static PyObject *what_is_wanted(const char *code) {
    if (*code == '(') {
        PyObject *text = PyUnicode_FromString("a tuple of");
        for (const char *item = code + 1; text != NULL && *item != ')'; item = skip(item)) {
            PyObject *wanted = what_is_wanted(item), *before = text;
            text = wanted == NULL ? NULL : PyUnicode_FromFormat("%U%s %U", before, item == code + 1 ? "" : " and", wanted);
            Py_XDECREF(wanted);
            Py_DECREF(before);
        }
        return text;
    }
    if (*code != 'a' && *code != 'r') return PyUnicode_FromFormat("a number, %s", name_of_type(*code));
    return PyUnicode_FromFormat("a%s C-contiguous, aligned array of %s in %c dimensions",
                                *code == 'a' ? " writable," : "", name_of_type(code[1]), code[2]);
}

static PyObject *what_is_given(PyObject *object) {
    if (!PyArray_Check(object)) {
        PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
        PyObject *text = name == NULL ? NULL : PyUnicode_FromFormat("%.100R, a %U", object, name);
        Py_XDECREF(name);
        return text;
    }
    PyArrayObject *array = (PyArrayObject *)object;
    return PyUnicode_FromFormat("an array of %S in %d dimensions (%s, %s, %s)", (PyObject *)PyArray_DESCR(array),
                                PyArray_NDIM(array), PyArray_CHKFLAGS(array, NPY_ARRAY_WRITEABLE) ? "writable" : "read-only",
                                PyArray_IS_C_CONTIGUOUS(array) ? "contiguous" : "not C-contiguous",
                                PyArray_ISALIGNED(array) ? "aligned" : "not aligned");
}

static void raise_misfit(const Entry *entry, Py_ssize_t at, PyObject *const *args, Py_ssize_t count) {
    Py_ssize_t n_wanted = 0;
    const char *wanted = NULL, *name = entry->names;
    for (const char *code = entry->arguments; *code; code = skip(code), n_wanted++)
        if (n_wanted == at) wanted = code;
    if (count != n_wanted || wanted == NULL) {
        PyErr_Format(PyExc_TypeError, "The kernel %s takes %zd arguments; %zd were given.", entry->name, n_wanted, count);
        return;
    }
    for (Py_ssize_t k = 0; k < at; k++) name = strchr(name, ' ') + 1;
    PyObject *called = PyUnicode_FromStringAndSize(name, strchr(name, ' ') - name);
    PyObject *want = called == NULL ? NULL : what_is_wanted(wanted);
    PyObject *have = want == NULL ? NULL : what_is_given(args[at]);
    if (have != NULL)
        PyErr_Format(PyExc_TypeError, "The kernel %s takes for its argument %zd, %U, %U; it was given %U.",
                     entry->name, at + 1, called, want, have);
    Py_XDECREF(called);
    Py_XDECREF(want);
    Py_XDECREF(have);
}

/* ---- Kernels as Python functions. */

#define KERNEL "lwfast.kernel"

typedef struct {
    const Entry *first; /* its forms stand side by side */
    int count;
    PyMethodDef method;
} Kernel;

static PyObject *call(PyObject *self, PyObject *const *args, Py_ssize_t n_args) {
    const Kernel *kernel = PyCapsule_GetPointer(self, KERNEL);
    if (kernel == NULL) return NULL;
    int64_t in[MOST_IN], out[MOST_OUT];
    Py_ssize_t furthest = 0;
    const Entry *nearest = kernel->first;
    for (const Entry *entry = kernel->first; entry < kernel->first + kernel->count; entry++) {
        const char *codes = entry->arguments;
        int64_t *word = in;
        Py_ssize_t k = 0;
        for (; k < n_args && *codes; k++) {
            const Fit fit = take(&codes, args[k], &word);
            if (fit == FAILED) return NULL;
            if (fit == OTHER) break;
        }
        if (k < n_args || *codes) {
            if (k > furthest) {
                furthest = k;
                nearest = entry;
            }
            continue;
        }
        int status;
        void *raised = NULL;
        Py_BEGIN_ALLOW_THREADS
        status = entry->call(in, out, &raised);
        Py_END_ALLOW_THREADS
        if (status != 0) {
            raise_as(status, raised);
            return NULL;
        }
        const char *result = entry->result;
        const int64_t *from = out;
        return give(&result, &from);
    }
    raise_misfit(nearest, furthest, args, n_args);
    return NULL;
}

static void drop_kernel(PyObject *capsule) { free(PyCapsule_GetPointer(capsule, KERNEL)); }

static const Level *find_level(const char *name) {
    for (int k = 0; k < N_LEVELS; k++)
        if (strcmp(LEVELS[k].name, name) == 0) return LEVELS + k;
    PyErr_Format(PyExc_ValueError, "No kernels were built for the level %s.", name);
    return NULL;
}

PyDoc_STRVAR(kernel_doc, "kernel(name, level)\n--\n\nReturn a kernel as a function of positional arguments.");

static PyObject *kernel(PyObject *module, PyObject *args) {
    const char *name, *level_name;
    (void)module;
    if (!PyArg_ParseTuple(args, "ss", &name, &level_name)) return NULL;
    const Level *level = find_level(level_name);
    if (level == NULL) return NULL;
    if (!level->runs())
        return PyErr_Format(PyExc_ValueError, "This processor or system does not run the level %s.", level_name);
    int first = 0;
    while (first < level->count && strcmp(level->entries[first].name, name) != 0) first++;
    if (first == level->count)
        return PyErr_Format(PyExc_LookupError, "No kernel %s was built; build the package again.", name);
    Kernel *made = calloc(1, sizeof *made);
    if (made == NULL) return PyErr_NoMemory();
    made->first = level->entries + first;
    while (first < level->count && strcmp(level->entries[first].name, name) == 0) first++, made->count++;
    made->method.ml_name = strrchr(made->first->name, '.') + 1;
    made->method.ml_meth = (PyCFunction)(void (*)(void))call;
    made->method.ml_flags = METH_FASTCALL;
    PyObject *capsule = PyCapsule_New(made, KERNEL, drop_kernel);
    if (capsule == NULL) {
        free(made);
        return NULL;
    }
    PyObject *function = PyCFunction_NewEx(&made->method, capsule, NULL);
    Py_DECREF(capsule);
    return function;
}

PyDoc_STRVAR(levels_doc, "levels()\n--\n\nReturn (name, numbers in a vector, whether it runs here), lowest first.");

static PyObject *levels(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    PyObject *list = PyList_New(N_LEVELS);
    for (int k = 0; list != NULL && k < N_LEVELS; k++) {
        PyObject *row = Py_BuildValue("siN", LEVELS[k].name, LEVELS[k].lanes, PyBool_FromLong(LEVELS[k].runs()));
        if (row == NULL || PyList_SetItem(list, k, row) < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

PyDoc_STRVAR(entries_doc, "entries(level)\n--\n\nReturn (name, codes of the arguments, of the result) of each form.");

static PyObject *entries(PyObject *module, PyObject *name) {
    (void)module;
    PyObject *bytes = PyUnicode_AsUTF8String(name);
    if (bytes == NULL) return NULL;
    const Level *level = find_level(PyBytes_AsString(bytes));
    Py_DECREF(bytes);
    PyObject *list = level == NULL ? NULL : PyList_New(level->count);
    for (int k = 0; list != NULL && k < level->count; k++) {
        const Entry *entry = level->entries + k;
        PyObject *row = Py_BuildValue("sss", entry->name, entry->arguments, entry->result);
        if (row == NULL || PyList_SetItem(list, k, row) < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

static PyMethodDef METHODS[] = {
    {"kernel", kernel, METH_VARARGS, kernel_doc},
    {"levels", levels, METH_NOARGS, levels_doc},
    {"entries", entries, METH_O, entries_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(module_doc, "Kernels that were compiled when the package was built; see `_mode.py`.");

static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_native", module_doc, -1, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void) {
    import_array();
    PyObject *module = PyModule_Create(&MODULE);
    if (module != NULL && PyModule_AddStringConstant(module, "SOURCES", SOURCES) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
