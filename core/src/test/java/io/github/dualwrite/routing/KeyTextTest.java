package io.github.dualwrite.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyTextTest {

    record CustomerId(UUID id) {}

    record OrderId(String tenant, @Nullable Object number) {}

    enum Colour {
        RED {
            @Override
            public String toString() {
                return "rot";
            }
        }
    }

    static final class Own {
        @Override
        public String toString() {
            return "own";
        }
    }

    static final class Silent {}

    private static final UUID ID = UUID.fromString("c0ffee00-1234-4abc-8def-0123456789ab");

    @Test
    void eachTypeHasTheTextThatIsDocumented() {
        assertThat(KeyText.of("a b")).isEqualTo("a b");
        assertThat(KeyText.of(-42L)).isEqualTo("-42");
        assertThat(KeyText.of((short) 7)).isEqualTo("7");
        assertThat(KeyText.of(new BigInteger("12345678901234567890"))).isEqualTo("12345678901234567890");
        assertThat(KeyText.of(new BigDecimal("1.500"))).isEqualTo("1.5");
        assertThat(KeyText.of(new BigDecimal("100.0"))).isEqualTo("100");
        assertThat(KeyText.of(new BigDecimal("1E-7"))).isEqualTo("0.0000001");
        assertThat(KeyText.of(new BigDecimal("1E+2000000000"))).isEqualTo("1E+2000000000");
        assertThat(KeyText.of(ID)).isEqualTo("c0ffee00-1234-4abc-8def-0123456789ab");
        assertThat(KeyText.of(Colour.RED)).isEqualTo("RED");
        assertThat(KeyText.of(DayOfWeek.MONDAY)).isEqualTo("MONDAY");
        assertThat(KeyText.of(LocalDate.of(2024, 2, 29))).isEqualTo("2024-02-29");
        assertThat(KeyText.of(Instant.EPOCH)).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(KeyText.of(new byte[] {1, (byte) 0xff})).isEqualTo("01ff");
        assertThat(KeyText.of(new CustomerId(ID))).isEqualTo(ID.toString());
        assertThat(KeyText.of(new OrderId("acme", 42))).isEqualTo("acme/42");
        assertThat(KeyText.of(List.of("acme", 42L))).isEqualTo("acme/42");
        assertThat(KeyText.of(new Object[] {"acme", 42L})).isEqualTo("acme/42");
        assertThat(KeyText.of(new int[] {1, 2})).isEqualTo("1/2");
        assertThat(KeyText.of(new Own())).isEqualTo("own");
    }

    @Test
    void differentCompositeKeysHaveDifferentTexts() {
        List<Object> keys = new ArrayList<>(List.of(
                new OrderId("a/b", "c"),
                new OrderId("a", "b/c"),
                new OrderId("a", List.of("b", "c")),
                new OrderId("a", "(b/c)"),
                new OrderId("a\\", "b/c"),
                new OrderId("a", "\\null"),
                new OrderId("a", "null"),
                new OrderId("a", ""),
                List.of("a", "b", "c")));
        keys.add(new OrderId("a", null));
        assertThat(keys.stream().map(KeyText::of)).doesNotHaveDuplicates();
        assertThat(KeyText.of(new OrderId("a", null))).isEqualTo("a/\\null");
        assertThat(KeyText.of(Arrays.asList((Object) null))).isEqualTo("\\null");
    }

    @Test
    void aTypeWithoutStableTextIsRefused() {
        for (Object key : List.of(
                new Silent(),
                new Object(),
                1.5,
                1.5f,
                new java.sql.Timestamp(0),
                Set.of(1),
                Map.of(1, 2),
                new OrderId("a", new Silent()),
                List.of("a", 1.5))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> KeyText.of(key))
                    .withMessageContaining("no text that is the same in every process");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ReadRoute.parse("secondary 50%").readsSecondary("r", key));
        }
    }

    @Test
    void theHashOfAKeyIsThatOfItsText() {
        Random random = new Random(3);
        List<Object> keys = new ArrayList<>(List.of(
                0L,
                -1L,
                9L,
                10L,
                Long.MAX_VALUE,
                Long.MIN_VALUE,
                Integer.MIN_VALUE,
                9_999_999_999_999_999L,
                10_000_000_000_000_000L,
                (byte) -3,
                ID,
                new CustomerId(ID)));
        for (int i = 0; i < 1000; i++) {
            keys.add(random.nextLong() >> random.nextInt(64));
            keys.add(new UUID(random.nextLong(), random.nextLong()));
        }
        for (Object key : keys) {
            assertThat(KeyHash.of("r", key)).as("%s", key).isEqualTo(KeyHash.of("r", KeyText.of(key)));
        }
    }

    @Test
    void aDecimalThatAPersonDeniesIsDenied() {
        ReadRoute route = ReadRoute.parse("secondary deny 100,0.0000001");
        assertThat(route.readsSecondary("r", new BigDecimal("100"))).isFalse();
        assertThat(route.readsSecondary("r", new BigDecimal("1E-7"))).isFalse();
        assertThat(route.readsSecondary("r", new BigDecimal("101"))).isTrue();
    }

    /** These numbers must never change: every key of every migration under way would be dealt out anew. */
    @Test
    void theHashIsTheSameInEveryReleaseAndProcess() {
        assertThat(KeyHash.of("customers", "42")).isEqualTo(0xb7f32b263097c26eL);
        assertThat(KeyHash.of("orders", "42")).isEqualTo(0xf17f36da09f9b4dfL);
        assertThat(KeyHash.of("customers", new BigDecimal("42.0"))).isEqualTo(0xb7f32b263097c26eL);
        assertThat(KeyHash.of("customers", new BigDecimal("4.2E+3"))).isEqualTo(KeyHash.of("customers", "4200"));
        assertThat(KeyHash.of("customers", "")).isEqualTo(0xacfcceb50c43882fL);
        assertThat(KeyHash.of("customers", "Zürich 🚀")).isEqualTo(0xdc06443a85897d66L);
    }
}
