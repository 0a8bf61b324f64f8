#include "tiercel/config.h"

tc_csv_dialect tc_config_dialect(const tc_config *config)
{
    const tc_input_format *const format = &config->input.format;
    tc_csv_dialect dialect;
    if (!tc_csv_dialect_parse(format->delimiter, format->quote, &dialect)) {
        dialect = tc_csv_dialect_of(',', '"'); /* not of a configuration that was checked */
    }
    dialect.header = format->has_header;
    dialect.skip_lines = format->skip_lines;
    dialect.encoding = format->encoding;
    return dialect;
}
