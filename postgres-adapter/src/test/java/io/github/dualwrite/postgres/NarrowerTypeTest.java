package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NarrowerTypeTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text                           | character varying(10)
            character varying              | character varying(10)
            character varying(11)          | character varying(10)
            character(11)                  | character varying(10)
            citext                         | character varying(10)
            text                           | character(10)
            character(9)                   | character(10)
            character varying(11)[]        | character varying(10)[]
            numeric                        | numeric(12,2)
            numeric(12,3)                  | numeric(12,2)
            numeric(13,2)                  | numeric(12,2)
            bigint                         | numeric(18,0)
            bigint                         | integer
            integer                        | smallint
            numeric                        | bigint
            numeric(20,0)                  | bigint
            numeric(5,2)                   | bigint
            double precision               | real
            timestamp with time zone       | timestamp(3) with time zone
            timestamp(4) without time zone | timestamp(3) without time zone
            """)
    void holdsLess(String wide, String own) {
        assertThat(NarrowerType.than(wide, own)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text                           | text
            character varying(10)          | text
            character varying(10)          | character varying
            character varying(10)          | character varying(10)
            character(10)                  | character varying(10)
            character(10)                  | character(10)
            numeric(12,2)                  | numeric
            numeric(11,2)                  | numeric(12,2)
            numeric(12,2)                  | numeric(12,2)
            bigint                         | numeric(19,0)
            smallint                       | integer
            bigint                         | bigint
            numeric(18,0)                  | bigint
            real                           | double precision
            timestamp(3) with time zone    | timestamp with time zone
            timestamp(3) with time zone    | timestamp(3) with time zone
            uuid                           | character varying(10)
            shop."Odd (3)"                 | shop."Odd (2)"
            jsonb                          | json
            """)
    void holdsAll(String wide, String own) {
        assertThat(NarrowerType.than(wide, own)).isFalse();
    }
}
