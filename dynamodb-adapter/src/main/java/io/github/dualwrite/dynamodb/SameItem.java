package io.github.dualwrite.dynamodb;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Compares items by content: DynamoDB writes numbers its own way, and sets have no order. */
final class SameItem {

    private SameItem() {}

    static boolean test(Map<String, AttributeValue> one, Map<String, AttributeValue> other) {
        return one.keySet().equals(other.keySet())
                && one.entrySet().stream().allMatch(e -> same(e.getValue(), other.get(e.getKey())));
    }

    private static boolean same(AttributeValue one, @Nullable AttributeValue other) {
        if (other == null || one.type() != other.type()) {
            return false;
        }
        return switch (one.type()) {
            case N -> new BigDecimal(one.n()).compareTo(new BigDecimal(other.n())) == 0;
            case M -> test(one.m(), other.m());
            case L -> same(one.l(), other.l());
            case SS -> new HashSet<>(one.ss()).equals(new HashSet<>(other.ss()));
            case BS -> new HashSet<>(one.bs()).equals(new HashSet<>(other.bs()));
            case NS -> numbers(one.ns()).equals(numbers(other.ns()));
            default -> one.equals(other);
        };
    }

    private static boolean same(List<AttributeValue> one, List<AttributeValue> other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            if (!same(one.get(i), other.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static Set<BigDecimal> numbers(List<String> numbers) {
        Set<BigDecimal> set = new HashSet<>();
        numbers.forEach(n -> set.add(new BigDecimal(n).stripTrailingZeros()));
        return set;
    }
}
