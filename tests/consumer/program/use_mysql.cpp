// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "adapters.hpp"

#include <resil/mysql/mysql.hpp>

#include <boost/mysql/src.hpp> // because of BOOST_MYSQL_SEPARATE_COMPILATION

resil::error_code use_mysql()
{
    boost::mysql::connect_params params;
    params.server_address.emplace_host_and_port("127.0.0.1", 1);
    return borrow(resil::mysql::connector({.params = params}));
}
