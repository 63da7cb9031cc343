set(VCPKG_BUILD_TYPE release) # header-only

# An overlay port: it builds the tree that it lies in. A registry's copy of it has vcpkg_from_github here.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        http-tls RESIL_HTTP_TLS
        mysql RESIL_MYSQL
        opentelemetry RESIL_OPENTELEMETRY
        postgres RESIL_POSTGRES
        redis RESIL_REDIS
)

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DRESIL_BUILD_TESTS=OFF
        -DRESIL_BUILD_EXAMPLES=OFF
        -DRESIL_INSTALL_CMAKEDIR=share/${PORT}
        ${FEATURE_OPTIONS}
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup()
vcpkg_fixup_pkgconfig()

file(INSTALL "${CURRENT_PORT_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
