package io.github.dualwrite.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordShapeTest {

    record Customer(String id, @Nullable Integer age, long lastOrderAt, boolean isVIPMember, String line2) {}

    record Strict(String id) {
        Strict {
            if (id.isEmpty()) {
                throw new IllegalStateException("secret " + id);
            }
        }
    }

    record Deep(String id) {
        Deep {
            id = deeper(id);
        }

        @SuppressWarnings("InfiniteRecursion")
        private static String deeper(String id) {
            return deeper(id) + ".";
        }
    }

    private final RecordShape<Customer> shape = RecordShape.of(Customer.class);

    @Test
    void componentsComeInTheirOrderWithSnakeCaseNames() {
        assertThat(shape.components())
                .extracting(RecordShape.Component::name)
                .containsExactly("id", "age", "lastOrderAt", "isVIPMember", "line2");
        assertThat(shape.components())
                .extracting(RecordShape.Component::snakeCaseName)
                .containsExactly("id", "age", "last_order_at", "is_vip_member", "line2");
        assertThat(shape.components())
                .extracting(RecordShape.Component::primitive)
                .containsExactly(false, false, true, true, false);
    }

    @Test
    void aRecordIsTakenApartAndPutTogether() {
        Customer customer = new Customer("a", null, 5, true, "x");
        @Nullable
        Object[] values =
                shape.components().stream().map(c -> c.valueIn(customer)).toArray();

        assertThat(values).containsExactly("a", null, 5L, true, "x");
        assertThat(shape.construct(values)).isEqualTo(customer);
    }

    @Test
    void aNullIntoAPrimitiveIsRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shape.construct(new @Nullable Object[] {"a", 1, null, true, "x"}))
                .withMessageContaining("lastOrderAt")
                .withMessageContaining("wrapper type");
    }

    @Test
    void aClassThatIsNoRecordIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordShape.of(String.class))
                .withMessageContaining("java.lang.String is not a Java record");
    }

    @Test
    void whatTheConstructorThrowsIsTheCauseAndItsMessageIsNowhere() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordShape.of(Strict.class).construct(new Object[] {""}))
                .withMessageNotContaining("secret")
                .satisfies(e -> assertThat(e.getCause())
                        .hasMessageContaining(IllegalStateException.class.getName())
                        .hasMessageNotContaining("secret")
                        .hasStackTraceContaining("Strict.<init>"));
    }

    @Test
    void aConstructorThatRunsOutOfStackRefusesTheOneRecord() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordShape.of(Deep.class).construct(new Object[] {"a"}))
                .withMessageContaining("Deep refused stored values")
                .withCauseInstanceOf(StackOverflowError.class);
    }
}
