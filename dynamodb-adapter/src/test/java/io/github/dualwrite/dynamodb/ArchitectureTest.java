package io.github.dualwrite.dynamodb;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.github.dualwrite.dynamodb");

    @Test
    void adapterSeesOnlyTheApiAndTheSpi() {
        noClasses()
                .that()
                .resideInAPackage("io.github.dualwrite.dynamodb..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.github.dualwrite.internal..",
                        "io.github.dualwrite.reconcile..",
                        "io.github.dualwrite.memory..",
                        "io.github.dualwrite.routing..",
                        "io.github.dualwrite.postgres..")
                .check(classes);
    }
}
