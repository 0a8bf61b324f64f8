#include "store_native.h"

size_t tc_type_size(const tc_field *field)
{
    switch (field->type) {
    case TC_I8:
    case TC_U8:
    case TC_ENUM:
        return 1;
    case TC_U16:
        return 2;
    case TC_I32:
    case TC_U32:
    case TC_F32:
        return 4;
    case TC_I64:
    case TC_U64:
    case TC_F64:
        return 8;
    case TC_TEXT:
        return (size_t)field->width;
    }
    return 0;
}

static hid_t plain_type(tc_type type)
{
    switch (type) {
    case TC_I8:
        return H5T_STD_I8LE;
    case TC_U16:
        return H5T_STD_U16LE;
    case TC_I32:
        return H5T_STD_I32LE;
    case TC_U32:
        return H5T_STD_U32LE;
    case TC_I64:
        return H5T_STD_I64LE;
    case TC_U64:
        return H5T_STD_U64LE;
    case TC_F32:
        return H5T_IEEE_F32LE;
    case TC_F64:
        return H5T_IEEE_F64LE;
    case TC_U8:
    case TC_ENUM:
    case TC_TEXT:
        break;
    }
    return H5T_STD_U8LE;
}

hid_t tc_store_type(const tc_field *field, int for_file)
{
    hid_t type;
    if (field->type == TC_TEXT) {
        type = H5Tcopy(H5T_C_S1);
        (void)H5Tset_size(type, (size_t)field->width);
        (void)H5Tset_strpad(type, H5T_STR_NULLPAD);
        (void)H5Tset_cset(type, H5T_CSET_UTF8);
        return type;
    }
    if (field->type == TC_ENUM && for_file) {
        type = H5Tenum_create(H5T_STD_U8LE);
        for (int i = 0; i < field->n_names; i++) {
            const unsigned char value = (unsigned char)i;
            (void)H5Tenum_insert(type, field->names[i], &value);
        }
        return type;
    }
    return H5Tcopy(plain_type(field->type));
}
